"""Money that went wrong: what, since when, how much, whose order; and the repair of each, once per form."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotFound, Role
from market.sales.aftersales.decide_refund import decide_refund_request
from market.sales.carriers.unmoved import list_unmoved_parcels, record_delivery, refund_lost_parcel
from market.sales.orders.money.money_problems import (
    close_open_discrepancy,
    dismiss_stuck_message,
    load_money_problems,
    record_suspense_returned,
    requeue_stuck_message,
    retry_failed_refund,
)
from market.sales.orders.money.record_transfers import record_repaid, record_transfer
from market.sales.payouts.account_change import decide_account_change, list_waiting_changes
from market.sales.payouts.large_payouts import decide_large_payout, list_waiting_large_payouts
from market.service.http import HttpRequest
from market.service.web.desk.context import (
    DeskContext,
    PageNotice,
    build_county_query,
    build_refusal_notice,
    open_desk,
    render_desk_page,
)
from market.service.web.desk.sellers.money_sections import present_payouts, present_sections
from market.service.web.forms import PostedForm, make_form_key, parse_integer, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.services import get_payout_hold, get_services

_ANSWERS = {"consent": True, "refusal": False}

type FormAction = Callable[[DeskContext, PostedForm], Awaitable[object]]

type Repair = Callable[[Connection, str, datetime], Awaitable[object]]
"""A repair with the text of its form, at a time."""


@get("/money", include_in_schema=False)
async def show_money_problems(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the problems of the orders of the official's county, or all of them to the platform's staff."""
    desk = await open_desk(request, db, actor, clock, register=False)
    notice = PageNotice("ok", "已记下") if request.query_params.get("done") == "1" else None
    if request.query_params.get("lapsed") == "1":
        notice = PageNotice("warn", "不用退了", ("这一单有异议，或者另有退款。",))
    return await _page(request, db, desk, notice=notice)


@post("/money/refunds/{refund_id:str}/retry", include_in_schema=False)
async def submit_retry(
    request: HttpRequest,
    *,
    refund_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Send a failed refund again; the number of the failed attempt keeps a repeated form from sending it twice."""
    gateway = get_services(request).gateway

    async def act(desk: DeskContext, form: PostedForm) -> object:
        refund, attempt = _require(parse_uuid(refund_id)), parse_integer(form.get_text("attempt"))
        return await retry_failed_refund(db, gateway, actor, refund, attempt=attempt or 0, now=desk.now)

    return await _act(request, db, actor, clock, act)


@post("/money/refunds/{refund_id:str}/repaid", include_in_schema=False)
async def submit_repaid(
    request: HttpRequest,
    *,
    refund_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Record that a refund was paid by bank transfer; it counts once another person recorded the same number."""

    async def repair(conn: Connection, text: str, now: datetime) -> object:
        refund = _require(parse_uuid(refund_id))
        return await record_repaid(conn, actor, refund, reference=text, now=now)

    return await _repair(request, db, actor, clock, repair)


@post("/money/refund-requests/{request_id:str}/{answer:str}", include_in_schema=False)
async def submit_decision(
    request: HttpRequest,
    *,
    request_id: FromPath[str],
    answer: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Consent to a refund that waits for a second person (`consent`), or refuse it (`refusal`)."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    gateway = get_services(request).gateway
    consent = _require(_ANSWERS.get(answer))
    try:
        decided = await decide_refund_request(
            db, gateway, actor, _require(parse_uuid(request_id)), consent=consent, note=form.get_text("text"),
            now=desk.now,
        )  # fmt: skip
    except Refusal as refusal:
        return await _refuse(request, db, desk, form, refusal)
    return redirect(desk.to("/desk/money", lapsed=1) if decided.lapse_reason else desk.to("/desk/money", done=1))


@post("/money/account-changes/{change_id:str}/{answer:str}", include_in_schema=False)
async def submit_change_decision(
    request: HttpRequest,
    *,
    change_id: FromPath[str],
    answer: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Agree to the change of a payout account (`consent`), or refuse it (`refusal`)."""
    seal = get_services(request).seal

    async def act(desk: DeskContext, _form: PostedForm) -> object:
        change, consent = _require(parse_uuid(change_id)), _require(_ANSWERS.get(answer))
        async with db.transaction() as conn:
            return await decide_account_change(conn, seal, actor, change, consent=consent, now=desk.now)

    return await _act(request, db, actor, clock, act)


@post("/money/large-payouts/{payout_id:str}/{answer:str}", include_in_schema=False)
async def submit_large_payout_decision(
    request: HttpRequest,
    *,
    payout_id: FromPath[str],
    answer: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Agree to a payout above the limit of a day (`consent`), or refuse it (`refusal`)."""
    services = get_services(request)

    async def act(desk: DeskContext, form: PostedForm) -> object:
        payout, consent = _require(parse_uuid(payout_id)), _require(_ANSWERS.get(answer))
        return await decide_large_payout(
            db, services.gateway, services.seal, actor, payout,
            consent=consent, note=form.get_text("text"), hold=get_payout_hold(request), now=desk.now,
        )  # fmt: skip

    return await _act(request, db, actor, clock, act)


@post("/money/transfers/{number:str}", include_in_schema=False)
async def submit_transfer(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Record that the bank transfer for an order arrived; it counts once another person recorded the same number."""

    async def repair(conn: Connection, text: str, now: datetime) -> object:
        order = _require(parse_integer(number))
        return await record_transfer(conn, actor, order, reference=text, now=now)

    return await _repair(request, db, actor, clock, repair)


@post("/money/suspense/{charge_ref:str}", include_in_schema=False)
async def submit_return(
    request: HttpRequest,
    *,
    charge_ref: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Record that money in suspense went back to its payer."""

    async def repair(conn: Connection, text: str, now: datetime) -> object:
        return await record_suspense_returned(conn, actor, charge_ref, reference=text, now=now)

    return await _repair(request, db, actor, clock, repair)


@post("/money/parcels/{suborder_id:str}/delivered", include_in_schema=False)
async def submit_delivery(
    request: HttpRequest,
    *,
    suborder_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Record that a parcel that stood still was delivered."""
    seal = get_services(request).seal

    async def repair(conn: Connection, text: str, now: datetime) -> object:
        return await record_delivery(conn, seal, actor, _require(parse_uuid(suborder_id)), basis=text, now=now)

    return await _repair(request, db, actor, clock, repair)


@post("/money/parcels/{suborder_id:str}/lost", include_in_schema=False)
async def submit_loss(
    request: HttpRequest,
    *,
    suborder_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Refund a parcel that did not arrive; a form sent twice refunds once, because the parcel has ended."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    services = get_services(request)
    parcel = _require(parse_uuid(suborder_id))
    try:
        await refund_lost_parcel(
            db, services.gateway, services.seal, desk.actor, parcel, basis=form.get_text("text"), now=desk.now
        )
    except Refusal as refusal:
        return await _refuse(request, db, desk, form, refusal)
    return redirect(desk.to("/desk/money", done=1))


@post("/money/messages/{event_id:str}", include_in_schema=False)
async def submit_requeue(
    request: HttpRequest,
    *,
    event_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Queue a dead message of the provider again."""
    gateway = get_services(request).gateway

    async def repair(conn: Connection, _text: str, now: datetime) -> object:
        return await requeue_stuck_message(conn, gateway, actor, event_id, now=now)

    return await _repair(request, db, actor, clock, repair)


@post("/money/messages/{event_id:str}/dismissal", include_in_schema=False)
async def submit_dismissal(
    request: HttpRequest,
    *,
    event_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Close a dead message of the provider with a reason."""
    gateway = get_services(request).gateway

    async def repair(conn: Connection, text: str, now: datetime) -> object:
        return await dismiss_stuck_message(conn, gateway, actor, event_id, note=text, now=now)

    return await _repair(request, db, actor, clock, repair)


@post("/money/discrepancies/{discrepancy_id:str}", include_in_schema=False)
async def submit_explanation(
    request: HttpRequest,
    *,
    discrepancy_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Close a discrepancy between statement and ledger with a reason."""

    async def repair(conn: Connection, text: str, now: datetime) -> object:
        discrepancy = _require(parse_uuid(discrepancy_id))
        return await close_open_discrepancy(conn, actor, discrepancy, note=text, now=now)

    return await _repair(request, db, actor, clock, repair)


async def _act(request: HttpRequest, db: Database, actor: Actor, clock: Clock, act: FormAction) -> Response[Any]:
    """Do what a form asks for and return to the list; a refusal is shown there. Repeating must change nothing."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    try:
        await act(desk, form)
    except Refusal as refusal:
        return await _refuse(request, db, desk, form, refusal)
    return redirect(desk.to("/desk/money", done=1))


async def _repair(request: HttpRequest, db: Database, actor: Actor, clock: Clock, repair: Repair) -> Response[Any]:
    """Repair once per form and return to the list; a refusal is shown there."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)

    async def work(conn: Connection) -> str:
        await repair(conn, form.get_text("text"), desk.now)
        return desk.to("/desk/money", done=1)

    try:
        return await submit_once(request, desk.actor, form, work)
    except Refusal as refusal:
        return await _refuse(request, db, desk, form, refusal)


async def _refuse(
    request: HttpRequest, db: Database, desk: DeskContext, form: PostedForm, refusal: Refusal
) -> Response[bytes]:
    typed = {request.url.path: form.get_text("text")}
    return await _page(request, db, desk, notice=build_refusal_notice(refusal), typed=typed, status=refusal.status)


async def _page(
    request: HttpRequest,
    db: Database,
    desk: DeskContext,
    *,
    notice: PageNotice | None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response[bytes]:
    settings = get_services(request).settings
    days = settings.money_repair_days
    async with db.connection() as conn:
        problems = await load_money_problems(conn, desk.actor)
        parcels = await list_unmoved_parcels(conn, desk.actor, days=settings.unmoved_days, now=desk.now)
        changes = await list_waiting_changes(conn, desk.actor)
        large = await list_waiting_large_payouts(conn, desk.actor)
    context = {
        "sections": [
            *present_payouts(changes, large, days=days, today=desk.today),
            *present_sections(
                problems, parcels, actor=desk.actor, days=days, unmoved_days=settings.unmoved_days, today=desk.today
            ),
        ],
        "total": problems.count() + len(parcels) + len(changes) + len(large),
        "typed": typed or {},
        "key": make_form_key(),
        "notice": notice,
        "keep": build_county_query(desk),
        "coupons": desk.to("/desk/coupons") if Role.PLATFORM in get_roles(desk.actor) else None,
        "bank_receipts": desk.to("/desk/bank-receipts"),
        "public_buyers": desk.to("/desk/public-buyers") if Role.PLATFORM in get_roles(desk.actor) else None,
    }
    return render_desk_page(request, desk, "money.html", context, status=status)


def _require[T](value: T | None) -> T:
    """Return a parsed value of the path.

    Raises:
        NotFound: it could not be parsed.
    """
    if value is None:
        raise NotFound
    return value


ROUTES = [
    show_money_problems,
    submit_retry,
    submit_repaid,
    submit_decision,
    submit_change_decision,
    submit_large_payout_decision,
    submit_transfer,
    submit_return,
    submit_delivery,
    submit_loss,
    submit_requeue,
    submit_dismissal,
    submit_explanation,
]
