"""预售: the terms on which a product is sold before its harvest."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.describe import get_description
from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.models import BadListing, ListingKind
from market.catalogue.listings.presale import PresaleTerms, end_presale, find_presale, set_presale
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.orders.order_deposit import describe_lapse
from market.service.web.ui.format import yuan_input

_FIELDS = {"deposit_fen": "deposit"}
_DAYS = {
    "balance_from": "尾款从哪天收",
    "balance_until": "尾款收到哪天",
    "send_from": "哪天起发货",
    "send_until": "哪天发完",
}


class PresaleForm(Struct, frozen=True):
    """The form as it was typed."""

    deposit: str = ""
    balance_from: str = ""
    balance_until: str = ""
    send_from: str = ""
    send_until: str = ""


async def _find_own_product(conn: Connection, actor: Actor, number: int) -> tuple[UUID, str]:
    """Return the id and the title of a product of the actor.

    Raises:
        NotFound: the listing belongs to someone else, or is not a product.
    """
    stored = await get_description(conn, actor, await get_listing_id(conn, number))
    if stored.kind is not ListingKind.PRODUCT:
        raise NotFound
    return stored.listing_id, stored.title


def _fill(terms: PresaleTerms | None) -> PresaleForm:
    if terms is None:
        return PresaleForm()
    days = {name: getattr(terms, name).isoformat() for name in _DAYS}
    return PresaleForm(deposit=yuan_input(terms.deposit_fen), **days)


def _read_terms(form: PostedForm) -> PresaleTerms:
    deposit = form.read_yuan("deposit", missing="订金没写。写一个数，比如 20", fault="订金要写成 20 或 20.5")
    days = {name: form.read_day(name, fault=f"{label}没选") or date.min for name, label in _DAYS.items()}
    return PresaleTerms(deposit_fen=Fen(deposit), **days)


def _page(
    request: HttpRequest, actor: Actor, number: int, title: str, form: PresaleForm, *, running: bool,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "title": title,
        "action": f"/farm/listings/{number}/presale",
        "back": f"/farm/listings/{number}",
        "values": form,
        "days": [(name, label, getattr(form, name)) for name, label in _DAYS.items()],
        "lapse": describe_lapse(stay=False),
        "running": running,
        "done": request.query_params.get("said") == "presale",
        "errors": errors,
    }
    return render_page(request, "farm/presale.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}/presale", include_in_schema=False)
async def show_presale(
    request: HttpRequest, *, db: NamedDependency[Database], actor: NamedDependency[Actor], number: ShortNumber
) -> Response[Any]:
    """Show the terms of a pre-sale, to be set or changed.

    Raises:
        NotFound: the listing belongs to someone else, or is not a product.
    """
    async with db.connection() as conn:
        listing_id, title = await _find_own_product(conn, actor, number)
        terms = await find_presale(conn, listing_id)
    return _page(request, actor, number, title, _fill(terms), running=terms is not None)


@post("/farm/listings/{number:int}/presale", include_in_schema=False)
async def submit_presale(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Set the terms of a pre-sale, or end it; repeating changes nothing.

    Raises:
        NotFound: the listing belongs to someone else, or is not a product.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    async with db.connection() as conn:
        listing_id, title = await _find_own_product(conn, actor, number)
        running = await find_presale(conn, listing_id) is not None
    done = redirect(f"/farm/listings/{number}/presale?said=presale", draft=form.draft)
    if form.get_text("do") == "end":
        async with db.transaction() as conn:
            await end_presale(conn, actor, listing_id, now=clock.now())
        return done
    terms = _read_terms(form)
    errors: Sequence[FieldFault] = form.faults
    if not errors:
        try:
            async with db.transaction() as conn:
                await set_presale(conn, actor, listing_id, terms, now=clock.now())
        except BadListing as refusal:
            errors = rename_faults(refusal, _FIELDS, otherwise="deposit")
        else:
            return done
    typed = form.fill(PresaleForm)
    return _page(request, actor, number, title, typed, running=running, errors=errors, status=422)


ROUTES = [show_presale, submit_presale]
