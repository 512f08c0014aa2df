"""The desk itself: what waits for this person, and the month that it is about."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor, NotAllowed, Role
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.producers import list_waiting
from market.reports.desk.findings import FindingView, decisions_of
from market.reports.desk.months import month_states
from market.reports.desk.places import townships_of
from market.reports.desk.view import MonthView, view_month
from market.reports.desk.waiting import STAGES, OpenMonth, due_of, open_months, quarter_due, quarter_name
from market.subsidies.cycles import find_cycle, read_month
from market.subsidies.models import DUTY_NAMES, STATE_NAMES, State
from market.web.desk.drawn import (
    DRILL_HEAD,
    DRILL_MONEY,
    Drill,
    case_of,
    chart_of,
    drill_cells,
    due_words,
    figures_of,
    month_words,
    short_month,
    steps_of,
    total_cells,
)
from market.web.desk.office import Office, enter, show
from market.web.look.format import yuan

Asked = Request[Any, Any, Any]

_QUARTERS = "一二三四"
_LOOKED_AT = (State.CALCULATED, State.CONFIRMED)
_UNDECIDED = (State.CALCULATED, State.CONFIRMED, State.REVIEWED)


class Task(Struct, frozen=True):
    """What waits: where it is done, by when, and what it is about."""

    href: str
    words: str
    when: str
    text: str
    late: bool = False


@get("/", include_in_schema=False)
async def desk(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show what waits for the official, and the month in hand."""
    office = await enter(request, db, actor, clock, register=False)
    async with db.transaction(scope=office.county) as conn:
        tasks = await _tasks(conn, office)
        view = await _month_in_hand(conn, office) if office.places else None
        context: dict[str, Any] = {"tasks": tasks, "view": view, "case": None}
        if view is not None:
            context |= await _month_context(conn, office, view)
    return show(request, office, "today.html", context)


async def _tasks(conn: Connection, office: Office) -> list[Task]:
    tasks: list[Task] = []
    roles = {grant.role for grant in office.actor.grants}
    if office.places:
        months = await open_months(conn, office.actor, office.county, office.places)
        tasks += [task for month in months for task in _month_tasks(office, month, roles)]
        if roles & {Role.IMPORTER, Role.COUNTY}:
            tasks.append(_quarter_task(office))
    try:
        waiting = await list_waiting(conn, office.actor)
    except NotAllowed:
        return tasks
    if waiting.items:
        many = f"{len(waiting.items)} 家{'以上' if waiting.next else ''}"
        first = waiting.items[0]
        tasks.append(
            Task(office.to("/desk/producers"), f"卖家申请 {many}，等您办", "", f"最早的是 {first.village} {first.name}")
        )
    return tasks


def _month_tasks(office: Office, month: OpenMonth, roles: set[Role]) -> list[Task]:
    name = f"{month.month:%Y-%m}"
    when, late = due_words(due_of(month.month), office.today)
    tasks: list[Task] = []
    duty, role = STAGES[month.state]
    done_here = month.state in _LOOKED_AT and month.left == 0
    if role in roles and not done_here:
        text = f"核定 {yuan(month.approved_fen)} 元，{month.operators} 家 {month.lines} 条业务"
        if month.state is State.OPEN:
            text = "账单到齐就可以算"
        if month.held is not None and month.held is not duty:
            text = f"您办理过{DUTY_NAMES[month.held]}，须由另一人{DUTY_NAMES[duty]}"
        words = "等计算" if month.state is State.OPEN else f"等{_turn(month.state)}"
        tasks.append(Task(office.to(f"/desk/months/{name}"), f"{short_month(name)}账期，{words}", when, text, late))
    if month.stopping and month.state in _UNDECIDED and (office.whole or Role.TOWNSHIP in roles):
        text = f"{month.stopping} 件停付，涉及 {yuan(month.at_risk_fen)} 元"
        if Role.TOWNSHIP not in roles:
            text += "，等乡镇处理"
        tasks.append(Task(office.to("/desk/findings", month=name), f"{short_month(name)}疑点", when, text, late))
    return tasks


def _turn(state: State) -> str:
    return "关账" if state is State.RECONCILED else DUTY_NAMES[STAGES[state][0]]


def _quarter_task(office: Office) -> Task:
    first, _, due = quarter_due(office.today)
    when, late = due_words(due, office.today)
    words = f"{_QUARTERS[(first.month - 1) // 3]}季度报表"
    href = office.to(f"/desk/quarters/{quarter_name(first)}")
    return Task(href, words, when, "惠及用户、让利金额，随账期自动算好，填报人看一遍", late)


async def _month_in_hand(conn: Connection, office: Office) -> MonthView | None:
    """Return the oldest month that is not closed and was calculated, else the latest."""
    months = [month for month in await month_states(conn, office.county) if month.calculated]
    if not months:
        return None
    unfinished = [month for month in months if month.state is not State.CLOSED]
    chosen = unfinished[-1] if unfinished else months[0]
    return await view_month(conn, office.county, chosen.month, office.places)


async def _month_context(conn: Connection, office: Office, view: MonthView) -> dict[str, Any]:
    cycle = await find_cycle(conn, office.county, read_month(view.month))
    townships = await townships_of(conn, cycle, office.places)
    rows = [
        Drill(
            0,
            place.name,
            office.to("/desk/places", month=view.month, township=place.code),
            drill_cells(place),
        )
        for place in townships
    ]
    finding = _gravest(view.findings)
    decisions = await decisions_of(conn, office.county, [finding.id]) if finding else {}
    return {
        "name": month_words(view.month),
        "short": short_month(view.month),
        "sums": figures_of(view.total),
        "bars": chart_of(short_month(view.month), view.operators),
        "steps": steps_of(view),
        "head": DRILL_HEAD,
        "money": DRILL_MONEY,
        "rows": rows,
        "foot": [office.name if office.whole else "合计", *total_cells(view.total)],
        "case": case_of(finding, decisions.get(finding.id, [])) if finding else None,
        "state": STATE_NAMES[view.state],
    }


def _gravest(findings: list[FindingView]) -> FindingView | None:
    """Return the finding that the desk shows: one that stops a line, open before decided, the dead before all."""
    stopping = [finding for finding in findings if finding.stops]
    return min(stopping, key=lambda each: (each.state != "open", each.check != "dead_in_service_month"), default=None)


ROUTES = [desk]
