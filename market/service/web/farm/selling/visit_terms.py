"""退订和儿童价: what is refunded to a guest who cancels, and what a child pays, changed after publishing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.cancel_tiers import CancelTerms, load_cancel_terms, set_cancel_terms
from market.catalogue.listings.describe import Description, get_description
from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.edit import list_own_variants
from market.catalogue.listings.models import (
    HOLIDAY_TIERS,
    LISTING_STATE_NAMES,
    WORKDAY_TIERS,
    BadListing,
    CancelTier,
    ListingKind,
    ListingState,
    WrongListingState,
)
from market.catalogue.listings.person_classes import set_child_price
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.promises import describe_tiers
from market.service.web.ui.format import yuan

CANCEL_TERMS = {
    "easy": CancelTerms(),
    "middle": CancelTerms(tiers=(CancelTier(3, 10_000), CancelTier(1, 5_000), CancelTier(0, 0))),
    "strict": CancelTerms(tiers=WORKDAY_TIERS, holiday_tiers=HOLIDAY_TIERS),
}
"""The cancellation tiers to choose from: without tiers a place is refunded in full until the day before."""
_KEPT = "kept"
_FIELDS = {"child_price_fen": "child", "tiers": "cancel", "holiday_tiers": "cancel"}


class VisitTermsForm(Struct, frozen=True):
    """The form as it was typed."""

    cancel: str = ""
    child: str = ""


def _describe_terms(terms: CancelTerms) -> str:
    if not terms.tiers and not terms.holiday_tiers:
        return "前一天及以前全退，当天不退"
    words = f"{describe_tiers(terms.tiers)}，当天不退" if terms.tiers else "前一天及以前全退，当天不退"
    return f"{words}；放假那几天{describe_tiers(terms.holiday_tiers)}" if terms.holiday_tiers else words


def list_cancel_options() -> list[tuple[str, str]]:
    """Return the tiers to choose from with their words."""
    return [(value, _describe_terms(terms)) for value, terms in CANCEL_TERMS.items()]


async def _find_own_visit(conn: Connection, actor: Actor, number: int) -> Description:
    visit = await get_description(conn, actor, await get_listing_id(conn, number))
    if visit.kind is ListingKind.PRODUCT:
        raise NotFound
    if visit.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[visit.state])
    return visit


async def _fill(conn: Connection, actor: Actor, listing_id: UUID, terms: CancelTerms) -> VisitTermsForm:
    chosen = next((value for value, each in CANCEL_TERMS.items() if each == terms), _KEPT)
    variants = await list_own_variants(conn, actor, listing_id)
    return VisitTermsForm(chosen, yuan(variants[1].price_fen).replace(",", "") if len(variants) > 1 else "")


async def _page(
    request: HttpRequest, conn: Connection, actor: Actor, number: int,
    *, typed: VisitTermsForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    visit = await _find_own_visit(conn, actor, number)
    terms = await load_cancel_terms(conn, visit.listing_id)
    options = list_cancel_options()
    if terms not in CANCEL_TERMS.values():
        options.insert(0, (_KEPT, f"不变：{_describe_terms(terms)}"))
    context = {
        "title": visit.title,
        "action": f"/farm/listings/{number}/terms",
        "back": f"/farm/listings/{number}",
        "values": typed or await _fill(conn, actor, visit.listing_id, terms),
        "options": options,
        "activity": visit.kind is ListingKind.ACTIVITY,
        "done": request.query_params.get("said") == "terms",
        "errors": errors,
    }
    return render_page(request, "farm/visit_terms.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}/terms", include_in_schema=False)
async def show_visit_terms(
    request: HttpRequest, *, db: NamedDependency[Database], actor: NamedDependency[Actor], number: ShortNumber
) -> Response[Any]:
    """Show what is refunded to who cancels, and what a child pays, to be changed.

    Raises:
        NotFound: the listing belongs to someone else, or is a product.
        WrongListingState: the listing is suspended.
    """
    async with db.connection() as conn:
        return await _page(request, conn, actor, number)


@post("/farm/listings/{number:int}/terms", include_in_schema=False)
async def submit_visit_terms(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Change what is refunded to who cancels, and what a child pays; repeating changes nothing.

    Raises:
        NotFound: the listing belongs to someone else, or is a product.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    typed = form.fill(VisitTermsForm)
    if typed.cancel != _KEPT and typed.cancel not in CANCEL_TERMS:
        form.add_fault("cancel", "选一样")
    child = (
        form.read_yuan("child", fault="儿童的价钱没写对。写一个数，比如 15，没有就空着", minimum=Fen(1))
        if typed.child
        else None
    )
    errors: Sequence[FieldFault] = form.faults
    if not errors:
        try:
            async with db.transaction() as conn:
                visit = await _find_own_visit(conn, actor, number)
                if typed.cancel != _KEPT:
                    await set_cancel_terms(conn, actor, visit.listing_id, CANCEL_TERMS[typed.cancel], now=clock.now())
                if visit.kind is ListingKind.ACTIVITY:
                    await set_child_price(conn, actor, visit.listing_id, child, now=clock.now())
        except BadListing as refusal:
            errors = rename_faults(refusal, _FIELDS, otherwise="child")
        else:
            return redirect(f"/farm/listings/{number}/terms?said=terms", draft=form.draft)
    async with db.connection() as conn:
        return await _page(request, conn, actor, number, typed=typed, errors=errors, status=422)


ROUTES = [show_visit_terms, submit_visit_terms]
