"""A purchase of a public unit as the unit and the seller see it, with the form of the step that is next."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.places.organisations.models import UnitDuty
from market.places.organisations.public_buyers import find_unit_seat
from market.sales.orders.queries import get_order_id
from market.sales.procurement.accept import accept_purchase
from market.sales.procurement.models import (
    Acceptance,
    AcceptanceCheck,
    CheckItem,
    Handover,
    LineQuantity,
    Purchase,
    PurchaseDetail,
    PurchaseEnd,
    PurchaseInvalid,
    PurchaseRequest,
    PurchaseState,
    PurchaseStep,
    SellerInvoice,
)
from market.sales.procurement.pay import record_seller_invoice
from market.sales.procurement.reduce import record_red_letter
from market.sales.procurement.request import request_purchase
from market.sales.procurement.steps import (
    ENDABLE,
    approve_purchase,
    deliver_purchase,
    end_purchase,
    is_third_person,
    sign_contract,
)
from market.sales.procurement.views import read_purchase
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, parse_integer, parse_typed_yuan, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.ui.format import day_zh, yuan, yuan_input
from market.service.web.units.words import (
    CHECK_NAMES,
    describe_count,
    describe_due,
    describe_state,
    describe_terms,
    describe_transferred,
    find_next_step,
    list_history,
)

_UNIT_DUTIES = {PurchaseStep.APPROVE: UnitDuty.APPROVER, PurchaseStep.ACCEPT: UnitDuty.ACCEPTOR}
_WRONG_DAY = "开票日期写成 2027-03-31 这样"
_DONE = {
    "requested": "交给单位里审批的人了，三天内批",
    "approve": "批了，卖家三天内签合同",
    "sign": "合同签好了，请备货送货",
    "deliver": "记好了，等单位验收",
    "accept": "验收记好了，卖家照验收的开发票",
    "invoice": "发票记好了，等单位对公付款",
    "reduce": "红字发票记好了，单位看得到",
    "end": "了结了，货放回去卖",
}


async def _find_step(
    conn: Connection, actor: Actor, purchase: Purchase, clock: Clock
) -> tuple[PurchaseStep | None, bool]:
    """Return the step that the actor may take now, and whether the actor may end the purchase."""
    seat = await find_unit_seat(conn, actor.account_id, day=clock.today())
    duty = seat.duty if seat is not None and seat.organisation_id == purchase.organisation_id else None
    sells = purchase.producer_id in actor.producers
    ends = not purchase.lapsed and purchase.state in ENDABLE
    step = None if purchase.lapsed else find_next_step(purchase)
    wanted = None if step is None else _UNIT_DUTIES.get(step)
    takes = sells if wanted is None else duty is wanted and await is_third_person(conn, actor, purchase)
    return (
        step if takes else None,
        ends and (sells or duty in {UnitDuty.REQUESTER, UnitDuty.APPROVER}),
    )


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, number: int,
    *, form: PostedForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        detail = await read_purchase(conn, actor, number, day=clock.today())
        step, ends = await _find_step(conn, actor, detail.purchase, clock)
    purchase = detail.purchase
    payable = purchase.accepted_fen if purchase.accepted_fen is not None else purchase.ordered_fen
    context = {
        "purchase": purchase,
        "lines": detail.lines,
        "checks": [(CHECK_NAMES[each.item], each.passed, each.note) for each in detail.checks],
        "state": describe_state(purchase),
        "due": describe_due(purchase, clock.today()),
        "transferred": describe_transferred(purchase),
        "terms": describe_terms(purchase),
        "counts": describe_count(purchase),
        "history": list_history(detail),
        "payable_fen": payable,
        "step": step,
        "ends": ends,
        "red_letters": detail.red_letters,
        "sells": purchase.producer_id in actor.producers,
        "typed": _fill_fields(detail, step, form, today=clock.today()),
        "errors": errors,
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "units/purchase.html", context, actor=actor, status=status)


def _fill_fields(
    detail: PurchaseDetail, step: PurchaseStep | None, form: PostedForm | None, *, today: date
) -> dict[str, str]:
    """Return what the fields of a step's form show: the quantities ordered or delivered, no check done; or as typed.

    What the form of another step has no field for stays as it was.
    """
    purchase = detail.purchase
    amount = purchase.reducible_fen if step is PurchaseStep.REDUCE else purchase.accepted_fen
    fields = {"number": "", "issued_on": today.isoformat(), "amount": yuan_input(amount), "reason": ""}
    for index, _ in enumerate(CheckItem):
        fields |= {f"p{index}": "", f"c{index}": ""}
    for index, each in enumerate(detail.lines):
        fields[f"n{index}"] = str(each.ordered if step is PurchaseStep.DELIVER else each.delivered)
    return (
        fields
        if form is None
        else {name: form.get_text(name) if name in form.fields else fields[name] for name in fields}
    )


@get("/unit/orders/{number:int}", include_in_schema=False)
async def show_purchase(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    number: ShortNumber,
) -> Response[bytes]:
    """Show a purchase to the unit or the seller."""
    return await _page(request, db, actor, clock, number)


def _read_quantities(form: PostedForm, detail: PurchaseDetail) -> list[LineQuantity]:
    """Return the quantities typed, in the order of the lines; a field that is no number is a fault of its own."""
    lines: list[LineQuantity] = []
    for index, each in enumerate(detail.lines):
        quantity = parse_integer(form.get_text(f"n{index}"))
        if quantity is None:
            form.add_fault(f"n{index}", "写整数，没有的写 0")
        lines.append(LineQuantity(line_id=each.line_id, quantity=quantity or 0))
    return lines


def _read_checks(form: PostedForm) -> list[AcceptanceCheck]:
    """Return the checks of an acceptance; one that is neither ticked nor described, or is both, is a fault."""
    checks: list[AcceptanceCheck] = []
    for index, each in enumerate(CheckItem):
        passed, note = form.get_text(f"p{index}") == "1", form.get_text(f"c{index}")[:400]
        if passed == bool(note):
            form.add_fault(f"c{index}", "勾了合格，又写了不合格的，留一样" if passed else "合格的勾上，不合格的写哪里")
        checks.append(AcceptanceCheck(item=each, passed=passed, note=note))
    return checks


def _name_fields(refusal: PurchaseInvalid) -> list[FieldFault]:
    """Return the faults under the names of the form's fields: `lines[1].quantity` is `n1`, `checks[0].note` is `c0`."""
    names = {"amount_fen": "amount", "lines": "n0", "checks": "c0"}
    faults: list[FieldFault] = []
    for each in refusal.errors:
        kind, _, rest = each.field.partition("[")
        name = names.get(each.field, each.field)
        if rest:
            name = ("n" if kind == "lines" else "c") + rest.partition("]")[0]
        faults.append(FieldFault(name, each.message))
    return faults


async def _take(
    conn: Connection, seal: Seal, actor: Actor, number: int, step: PurchaseStep, *, form: PostedForm, now: datetime
) -> None:
    match step:
        case PurchaseStep.APPROVE:
            await approve_purchase(conn, seal, actor, number, now=now)
        case PurchaseStep.SIGN:
            await sign_contract(conn, seal, actor, number, now=now)
        case PurchaseStep.DELIVER | PurchaseStep.ACCEPT:
            lines = _read_quantities(form, await read_purchase(conn, actor, number, day=get_business_day(now)))
            checks = _read_checks(form) if step is PurchaseStep.ACCEPT else []
            if form.faults:
                raise PurchaseInvalid(errors=tuple(form.faults))
            if step == PurchaseStep.DELIVER:
                await deliver_purchase(conn, seal, actor, number, Handover(lines), now=now)
            else:
                await accept_purchase(conn, seal, actor, number, Acceptance(lines, checks), now=now)
        case PurchaseStep.INVOICE | PurchaseStep.REDUCE:
            issued, amount = form.read_day("issued_on", fault=_WRONG_DAY), parse_typed_yuan(form.get_text("amount"))
            if amount is None:
                form.add_fault("amount", "写发票上的合计，多少元")
            if issued is None or amount is None:
                raise PurchaseInvalid(errors=tuple(form.faults))
            invoice = SellerInvoice(number=form.get_text("number")[:60], issued_on=issued, amount_fen=amount)
            record = record_seller_invoice if step is PurchaseStep.INVOICE else record_red_letter
            await record(conn, actor, number, invoice, now=now)
        case _:
            end = PurchaseEnd(form.get_text("reason")[:400])
            await end_purchase(conn, seal, actor, number, end, now=now)


@post("/unit/orders/{number:int}", include_in_schema=False)
async def submit_step(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    number: ShortNumber,
) -> Response[Any]:
    """Take a step; a step that was taken before is refused by the state."""
    form = await read_form(request)
    act = form.get_text("act")
    step = next((each for each in PurchaseStep if each == act), PurchaseStep.END)
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await _take(conn, seal, actor, number, step, form=form, now=clock.now())
    except PurchaseInvalid as refusal:
        errors = _name_fields(refusal)
        return await _page(request, db, actor, clock, number, form=form, errors=errors, status=refusal.status)
    return redirect(f"/unit/orders/{number}?done={step}")


@post("/unit/orders/{number:int}/request", include_in_schema=False)
async def submit_request(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    number: ShortNumber,
) -> Response[Any]:
    """Request that the unit buys an unpaid order of the person."""
    form = await read_form(request)
    days = parse_integer(form.get_text("days"))
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        order_id = await get_order_id(conn, actor, number)
        new = (
            PurchaseRequest(order_id=order_id)
            if days is None
            else PurchaseRequest(order_id=order_id, payment_days=days)
        )
        await request_purchase(conn, actor, new, now=clock.now())
    return redirect(f"/unit/orders/{number}?done=requested")


async def _paper(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, number: int,
    *, template: str, states: frozenset[PurchaseState],
) -> Response[Any]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        detail = await read_purchase(conn, actor, number, day=clock.today())
    purchase = detail.purchase
    if purchase.state not in states:
        return redirect(f"/unit/orders/{number}")
    context = {
        "purchase": purchase,
        "lines": detail.lines,
        "checks": [(CHECK_NAMES[each.item], "合格" if each.passed else "不合格", each.note) for each in detail.checks],
        "terms": describe_terms(purchase),
        "counts": describe_count(purchase),
        "due": day_zh(purchase.due_on) if purchase.due_on else "",
        "accepted": yuan(purchase.accepted_fen) if purchase.accepted_fen is not None else "",
    }
    return render_page(request, template, context, actor=actor)


_ACCEPTED = frozenset({PurchaseState.ACCEPTED, PurchaseState.INVOICED, PurchaseState.PAID})
_SIGNED = _ACCEPTED | {PurchaseState.CONTRACTED, PurchaseState.DELIVERED}


@get("/unit/orders/{number:int}/contract", include_in_schema=False)
async def print_contract(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    number: ShortNumber,
) -> Response[Any]:
    """Print the contract of a signed purchase."""
    return await _paper(request, db, actor, clock, number, template="units/contract.html", states=_SIGNED)


@get("/unit/orders/{number:int}/acceptance", include_in_schema=False)
async def print_acceptance(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    number: ShortNumber,
) -> Response[Any]:
    """Print the acceptance form of an accepted purchase."""
    return await _paper(request, db, actor, clock, number, template="units/acceptance.html", states=_ACCEPTED)


ROUTES = [show_purchase, submit_step, submit_request, print_contract, print_acceptance]
