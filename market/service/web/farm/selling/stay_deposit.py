"""住宿的订金: the share that guests pay when they book, and until when they pay the rest."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.models import BadListing
from market.catalogue.listings.stay_deposit import MAX_DAYS_BEFORE, StayDeposit, find_stay_deposit, set_stay_deposit
from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.farm.visits.nights import find_own_stay
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.orders.order_deposit import describe_lapse
from market.service.web.ui.format import percent_bp

_FIELDS = {"share_bp": "share", "days_before": "days"}


class StayDepositForm(Struct, frozen=True):
    """The form as it was typed."""

    share: str = ""
    days: str = ""


def _page(
    request: HttpRequest, actor: Actor, number: int, title: str, form: StayDepositForm, *, running: bool,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "title": title,
        "action": f"/farm/listings/{number}/deposit",
        "back": f"/farm/listings/{number}",
        "values": form,
        "lapse": describe_lapse(stay=True),
        "running": running,
        "done": request.query_params.get("said") == "deposit",
        "errors": errors,
    }
    return render_page(request, "farm/stay_deposit.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}/deposit", include_in_schema=False)
async def show_stay_deposit(
    request: HttpRequest, *, db: NamedDependency[Database], actor: NamedDependency[Actor], number: ShortNumber
) -> Response[Any]:
    """Show the deposit of a stay, to be set or changed.

    Raises:
        NotFound: the listing belongs to someone else, or is not a stay.
    """
    async with db.connection() as conn:
        stay = await find_own_stay(conn, actor, number)
        deposit = await find_stay_deposit(conn, stay.listing_id)
    form = StayDepositForm()
    if deposit is not None:
        form = StayDepositForm(percent_bp(deposit.share_bp).removesuffix("%"), str(deposit.days_before))
    return _page(request, actor, number, stay.title, form, running=deposit is not None)


@post("/farm/listings/{number:int}/deposit", include_in_schema=False)
async def submit_stay_deposit(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Set the deposit of a stay, or let all be paid at once; repeating changes nothing.

    Raises:
        NotFound: the listing belongs to someone else, or is not a stay.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    async with db.connection() as conn:
        stay = await find_own_stay(conn, actor, number)
        running = await find_stay_deposit(conn, stay.listing_id) is not None
    deposit = None
    if form.get_text("do") != "end":
        deposit = StayDeposit(
            share_bp=form.read_percent("share", fault="订金没写对。写一个数，比如 30"),
            days_before=form.read_integer("days", fault="天数没写对。写一个数，比如 3", maximum=MAX_DAYS_BEFORE),
        )
    errors: Sequence[FieldFault] = form.faults
    if not errors:
        try:
            async with db.transaction() as conn:
                await set_stay_deposit(conn, actor, stay.listing_id, deposit, now=clock.now())
        except BadListing as refusal:
            errors = rename_faults(refusal, _FIELDS, otherwise="share")
        else:
            return redirect(f"/farm/listings/{number}/deposit?said=deposit", draft=form.draft)
    typed = form.fill(StayDepositForm)
    return _page(request, actor, number, stay.title, typed, running=running, errors=errors, status=422)


ROUTES = [show_stay_deposit, submit_stay_deposit]
