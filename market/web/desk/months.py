"""A month from its first bill to its close: what it came to, whose turn it is, and the step that is taken."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.identity import Actor, NotFound, Role
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.reports.desk.books import TakenFile, taken_files
from market.reports.desk.months import list_months, who_may
from market.reports.desk.view import MonthView, view_month
from market.reports.desk.waiting import STAGES
from market.subsidies.approve import confirm_month, decide_month, review_month
from market.subsidies.cycles import find_cycle, read_month
from market.subsidies.models import (
    DUTY_NAMES,
    STATE_NAMES,
    BadMonth,
    Done,
    Duty,
    Outcome,
    SecondDuty,
    State,
)
from market.subsidies.run import RunResult, run_month
from market.subsidies.settle import close_month, reconcile_month, settle_month
from market.web.desk.drawn import (
    by_gravity,
    case_of,
    chart_of,
    figures_of,
    month_words,
    operator_of,
    reason_rows,
    short_month,
    state_words,
    steps_of,
)
from market.web.desk.duties import APPROVALS, HOLDER_NAMES, able_words, cannot_words
from market.web.desk.office import Office, Said, enter, keep, said_of, show
from market.web.look.charts import plain
from market.web.look.format import capitals, yuan
from market.web.plumbing import fields, see_other

Asked = Request[Any, Any, Any]


class Step(Struct, frozen=True):
    """A step of the month: whose duty and role, what its button says, and what a refusal says was not done."""

    name: str
    duty: Duty
    role: Role
    words: str
    refused: str
    take: Callable[..., Awaitable[Done | RunResult]]


class Offer(Struct, frozen=True):
    """A step as the page offers it: its button, its heading, whether it is due, and what stands against it."""

    name: str
    words: str
    title: str
    due: bool
    against: list[str]


STEPS = {
    step.name: step
    for step in (
        Step("run", Duty.IMPORT, Role.IMPORTER, "计算这个月", "没有计算", run_month),
        Step("confirm", Duty.VILLAGE, Role.VILLAGE, "村里核实，属实", "没有核实", confirm_month),
        Step("review", Duty.TOWNSHIP, Role.TOWNSHIP, "乡镇审核，同意", "没有审核", review_month),
        Step("decide", Duty.COUNTY, Role.COUNTY, "县级审定", "没有审定", decide_month),
        Step("settle", Duty.SETTLEMENT, Role.FINANCE, "结算", "没有结算", settle_month),
        Step("reconcile", Duty.RECONCILIATION, Role.RECONCILER, "对账", "没有对账", reconcile_month),
        Step("close", Duty.RECONCILIATION, Role.RECONCILER, "关账", "没有关账", close_month),
    )
}
_NEXT = {
    State.OPEN: "run",
    State.CALCULATED: "confirm",
    State.CONFIRMED: "review",
    State.REVIEWED: "decide",
    State.DECIDED: "settle",
    State.SETTLED: "reconcile",
    State.RECONCILED: "close",
}
_A_PAGE = 12
_AFTER_FINDINGS = frozenset({"review", "decide"})
_RUN_AGAIN = frozenset({State.CALCULATED, State.CONFIRMED, State.REVIEWED, State.CLOSED})


@get("/months", include_in_schema=False)
async def months(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the county's months, the latest first, and what was approved in each."""
    office = await enter(request, db, actor, clock)
    async with db.transaction(scope=office.county) as conn:
        before = _before(request.query_params.get("before", ""))
        found = await list_months(conn, office.county, office.places, before=before, most=_A_PAGE)
    shown = [month for month in found if month.lines]
    chart = plain("各月核定", [(f"{month.month:%Y-%m}", month.approved_fen) for month in reversed(shown)])
    rows = [
        (f"{month.month:%Y-%m}", STATE_NAMES[month.state], [
            month.approved_fen, month.over_fen, month.claimed_fen, month.conceded_fen, month.public_fen, month.lines,
        ])
        for month in found
    ]  # fmt: skip
    more = office.to("/desk/months", before=f"{found[-1].month:%Y-%m}") if len(found) == _A_PAGE else None
    return show(request, office, "months.html", {"rows": rows, "bars": chart if shown else None, "more": more})


def _before(text: str) -> date:
    """Return the month before which the list goes on; everything where the address names none."""
    try:
        return read_month(text) if text else date.max
    except BadMonth:
        return date.max


@get("/months/{month:str}", include_in_schema=False)
async def show_month(
    request: Asked,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show one month and the step that is due."""
    office = await enter(request, db, actor, clock)
    said = _DONE.get(request.query_params.get("done", ""))
    return await _month_page(request, db, office, month, said=Said("ok", said) if said else None)


_DONE = {
    "run": "算好了",
    "again": "又算了一遍，结果号没有变",
    "confirm": "已核实",
    "review": "已审核",
    "decide": "已审定",
    "settle": "已结算",
    "reconcile": "已对账",
    "close": "已关账",
    "wait": "您负责的村已办，还要等别的村",
}


@post("/months/{month:str}/{step:str}", include_in_schema=False)
async def take_step(
    request: Asked,
    *,
    month: FromPath[str],
    step: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Take the step, and show the month again; a refusal stands on the same page and changes nothing.

    Raises:
        NotFound: there is no such step.
    """
    await fields(request)
    office = await enter(request, db, actor, clock)
    chosen = STEPS.get(step)
    if chosen is None:
        raise NotFound
    first = read_month(month)
    try:
        async with db.transaction(scope=office.county) as conn:
            done = await chosen.take(conn, actor, office.county, first, now=office.now)
    except Refusal as refusal:
        said = await _say_refusal(db, office, month, chosen, refusal)
        return await _month_page(request, db, office, month, said=said, status=refusal.status)
    return see_other(office.to(f"/desk/months/{month}", done=_done_word(chosen, done)))


def _done_word(step: Step, done: Done | RunResult) -> str:
    if isinstance(done, RunResult):
        return "again" if done.outcome is Outcome.NO_OP else "run"
    return "wait" if done.waiting else step.name


async def _say_refusal(db: Database, office: Office, month: str, step: Step, refusal: Refusal) -> Said:
    """Say what was not done and why, and who can do it."""
    if not isinstance(refusal, SecondDuty):
        return said_of(refusal, step.refused)
    async with db.transaction(scope=office.county) as conn:
        cycle = await find_cycle(conn, office.county, read_month(month))
        names = await who_may(conn, cycle, role=step.role, duty=step.duty, day=office.today)
        view = await view_month(conn, office.county, cycle.month, office.places)
    held = _held(office, view)
    who = HOLDER_NAMES[held] if held else "代办人"
    cannot = "不能审批" if step.duty in APPROVALS else f"不能{step.words}"
    return Said("no", f"{step.refused}：{who}{cannot}", (refusal.text("zh"), able_words(names)))


def _held(office: Office, view: MonthView) -> Duty | None:
    """Return the official's own duty of the month."""
    return next((Duty(each.duty) for each in view.duties if each.account_id == office.actor.account_id), None)


async def _month_page(
    request: Asked, db: Database, office: Office, month: str, *, said: Said | None, status: int = 200
) -> Response[bytes]:
    async with db.transaction(scope=office.county) as conn:
        view = await view_month(conn, office.county, read_month(month), office.places)
        # A bill is the county's, whose sums are for who sees all of it.
        files = (await taken_files(conn, office.county, month=read_month(month)))[0] if office.whole else []
        offers = await _offers(conn, office, view)
        able = await _able(conn, office, view, STEPS[_NEXT[view.state]]) if view.state in _NEXT else []
    context = _context(office, view, files) | {"offers": offers, "able": able_words(able) if able else ""}
    return show(request, office, "month.html", {"said": said, **context}, status=status)


async def _able(conn: Connection, office: Office, view: MonthView, step: Step) -> list[str]:
    cycle = await find_cycle(conn, office.county, read_month(view.month))
    return await who_may(conn, cycle, role=step.role, duty=step.duty, day=office.today)


async def _offers(conn: Connection, office: Office, view: MonthView) -> list[Offer]:
    """Return the steps that the official's roles hold out: the one that is due, and an approval that R14 refuses.

    Each says before it is pressed what stands against it.
    """
    roles = {grant.role for grant in office.actor.grants}
    held = _held(office, view)
    offers: list[Offer] = []
    for state in list(_NEXT)[list(State).index(view.state) :]:
        step = STEPS[_NEXT[state]]
        due = state is view.state
        refused = held is not None and held is not step.duty
        if step.role not in roles or not (due or (refused and step.duty in APPROVALS)):
            continue
        against: list[str] = []
        if held is not None and refused:
            against += [cannot_words(held, step.duty), able_words(await _able(conn, office, view, step))]
        if not due:
            against.append(f"也还没轮到：现在等{_turn(view.state)}。")
        many = view.open_findings.stopping
        if due and many and step.name in _AFTER_FINDINGS:
            against.append(f"还有 {many} 件停付的疑点没有处理，处理完才能{DUTY_NAMES[step.duty]}。")
        offers.append(Offer(step.name, step.words, DUTY_NAMES[step.duty] if not due else step.words, due, against))
    return offers


def _turn(state: State) -> str:
    return "关账" if state is State.RECONCILED else DUTY_NAMES[STAGES[state][0]]


def _context(office: Office, view: MonthView, files: list[TakenFile]) -> dict[str, Any]:
    roles = {grant.role for grant in office.actor.grants}
    own = _held(office, view)
    return {
        "view": view,
        "name": month_words(view.month),
        "short": short_month(view.month),
        "state": state_words(view),
        "sums": figures_of(view.total),
        "bars": chart_of(short_month(view.month), view.operators) if view.operators else None,
        "steps": steps_of(view),
        "turn": _turn(view.state) if view.state in STAGES else "",
        "own": DUTY_NAMES[own] if own else "",
        "again": Role.IMPORTER in roles and office.whole and view.state in _RUN_AGAIN,
        "left_words": f"等{_turn(view.state)}的村" if view.state in STAGES else "",
        "match": [
            [operator_of(row.operator), row.lines, row.claims, row.entitled_fen, row.claimed_fen, row.over_fen,
             row.under_fen, row.approved_fen]
            for row in [*view.operators, view.total]
        ],
        "reasons": reason_rows(view.reasons),
        "reasons_sum": ["合计", sum(row.lines for row in view.reasons), sum(row.over_fen for row in view.reasons)],
        "files": files,
        "operator_of": {each.operator: operator_of(each.operator) for each in files if each.operator},
        "cases": [case_of(finding) for finding in by_gravity(view.findings)[:3]],
        "many": len(view.findings),
        "approved": yuan(view.total.approved_fen),
        "keep": keep(office),
        **_paid(view),
    }  # fmt: skip


def _paid(view: MonthView) -> dict[str, Any]:
    """Return what of a month's page tells of adjustments and payment."""
    settlement = view.settlement
    pay = settlement.control.pay_fen if settlement else 0
    return {
        "adjustments": [
            [f"{row.for_month}　{row.line}", row.settled_fen, row.funded_fen, row.adjustment_fen, row.conceded_fen,
             row.public_fen, row.why]
            for row in view.adjustments
        ],
        "settled": [
            [operator_of(name), each.rows, each.public_fen, each.adjustment_public_fen, each.pay_fen]
            for name, each in (settlement.operators.items() if settlement else ())
        ],
        "settled_sum": _settled_sum(view),
        "pay": pay,
        "pay_words": capitals(pay) if settlement and pay >= 0 else "",
    }  # fmt: skip


def _settled_sum(view: MonthView) -> list[str | int] | None:
    """Return the row that closes what is paid."""
    if view.settlement is None:
        return None
    parts = list(view.settlement.operators.values())
    own = sum(each.public_fen for each in parts)
    earlier = sum(each.adjustment_public_fen for each in parts)
    return ["合计", view.settlement.control.rows, own, earlier, view.settlement.control.pay_fen]


ROUTES = [months, show_month, take_step]
