"""单位采购: the unit's quota and purchases of a year, and what public units bought from a seller."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.places.organisations.models import UnitDuty
from market.sales.procurement.models import PurchaseInvalid, PurchaseState, PurchaseStep, UnitQuotaRequest
from market.sales.procurement.quotas import FIRST_YEAR, get_own_book, list_counted, set_unit_quota
from market.sales.procurement.views import DUTY_NAMES, get_seat, list_seller_purchases, list_unit_purchases
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller
from market.service.web.forms import parse_integer, parse_typed_yuan, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import percent_bp, yuan_input
from market.service.web.units.words import (
    SELLER_STEPS,
    describe_counted,
    describe_left,
    describe_purchase,
    find_next_step,
    list_book_figures,
)

_OWN_STEPS = {
    UnitDuty.REQUESTER: (),
    UnitDuty.APPROVER: (PurchaseStep.APPROVE,),
    UnitDuty.ACCEPTOR: (PurchaseStep.ACCEPT,),
    UnitDuty.FINANCE: (),
}


class QuotaForm(Struct, frozen=True):
    """The form of a year's quota as typed."""

    canteen: str = ""
    quota: str = ""


def read_year(request: HttpRequest, this_year: int) -> int:
    """Return the year that is asked for, this year by default."""
    asked = parse_integer(request.query_params.get("year", ""))
    return asked if asked is not None and FIRST_YEAR <= asked <= this_year + 1 else this_year


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, form: QuotaForm | None = None,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    today = clock.today()
    year = read_year(request, today.year)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        seat = await get_seat(conn, actor, day=today)
        book = await get_own_book(conn, actor, year, day=today)
        purchases = await list_unit_purchases(conn, seat.organisation_id)
        counted = await list_counted(conn, seat.organisation_id, year)
    mine = _OWN_STEPS[seat.duty]
    waiting = [
        (f"/unit/orders/{each.number}", *describe_purchase(each, today))
        for each in purchases
        if find_next_step(each) in mine and not each.lapsed
    ]
    context = {
        "unit": seat.unit_name,
        "duty": DUTY_NAMES[seat.duty],
        "year": year,
        "years": [each for each in (year - 1, year + 1) if FIRST_YEAR <= each <= today.year + 1],
        "book": book,
        "left": describe_left(book),
        "rows": list_book_figures(book),
        "ratio": percent_bp(book.ratio_bp),
        "counted": [describe_counted(each) for each in counted],
        "waiting": waiting,
        "purchases": [
            (f"/unit/orders/{each.number}", *describe_purchase(each, today)) for each in purchases if each.year == year
        ],
        "sets": seat.duty in {UnitDuty.APPROVER, UnitDuty.FINANCE},
        "buys": seat.duty is UnitDuty.REQUESTER,
        "form": form or QuotaForm(yuan_input(book.canteen_fen), yuan_input(book.quota_fen)),
        "errors": errors,
        "done": request.query_params.get("done") == "1",
    }
    return render_page(request, "units/book.html", context, actor=actor, status=status)


@get("/unit", include_in_schema=False)
async def show_unit_book(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the quota of the unit and of a year, what waits for the account, and the year's purchases."""
    return await _page(request, db, actor, clock)


@post("/unit", include_in_schema=False)
async def submit_unit_quota(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Set the quota of a year."""
    form = await read_form(request)
    typed = form.fill(QuotaForm)
    year = read_year(request, clock.today().year)
    sums: dict[str, Fen] = {}
    for name in ("canteen", "quota"):
        fen = parse_typed_yuan(form.get_text(name))
        if fen is None:
            form.add_fault(name, "写多少元，比如 120000；没有食堂写 0")
        sums[name] = fen or Fen(0)
    if form.faults:
        return await _page(request, db, actor, clock, typed, errors=form.faults, status=PurchaseInvalid.status)
    new = UnitQuotaRequest(year=year, canteen_fen=sums["canteen"], quota_fen=sums["quota"])

    async def save(conn: Connection) -> None:
        await set_unit_quota(conn, actor, new, now=clock.now())

    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await save(conn)
    except PurchaseInvalid as refusal:
        errors = [FieldFault(each.field.removesuffix("_fen"), each.message) for each in refusal.errors]
        return await _page(request, db, actor, clock, typed, errors=errors, status=refusal.status)
    return redirect(f"/unit?year={year}&done=1")


@get("/farm/units", include_in_schema=False)
async def show_unit_sales(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Show what public units buy from a seller: what waits for the seller first."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        purchases = await list_seller_purchases(conn, actor)
    rows: dict[bool, list[tuple[str, str, list[str]]]] = {True: [], False: []}
    for each in purchases:
        waits = find_next_step(each) in SELLER_STEPS and not each.lapsed
        if each.state is not PurchaseState.REQUESTED:
            rows[waits].append((f"/unit/orders/{each.number}", *describe_purchase(each, clock.today(), seller=True)))
    return render_page(request, "units/sales.html", {"waiting": rows[True], "others": rows[False]}, actor=actor)


ROUTES = [show_unit_book, submit_unit_quota, show_unit_sales]
