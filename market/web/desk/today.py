"""The desk itself: what waits for this person, and the month that it is about."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor, NotAllowed, Role
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.producers import list_waiting
from market.reports.desk.findings import decisions_of
from market.reports.desk.months import month_states, who_may
from market.reports.desk.places import townships_of
from market.reports.desk.view import MonthView, view_month
from market.reports.desk.waiting import STAGES, OpenMonth, due_of, open_months, quarter_due, quarter_name
from market.subsidies.cycles import find_cycle, read_month
from market.subsidies.models import DUTY_NAMES, STATE_NAMES, Duty, State
from market.web.desk.drawn import (
    DRILL_HEAD,
    DRILL_MONEY,
    Drill,
    by_gravity,
    case_of,
    chart_of,
    drill_cells,
    due_words,
    figures_of,
    month_words,
    quarter_words,
    row_id,
    short_month,
    steps_of,
    total_cells,
)
from market.web.desk.duties import able_words, cannot_words
from market.web.desk.office import Office, enter, show
from market.web.look.format import yuan

Asked = Request[Any, Any, Any]

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
        own, others = await _tasks(conn, office)
        view = await _month_in_hand(conn, office) if office.places else None
        context: dict[str, Any] = {"tasks": own, "others": others, "view": view, "case": None}
        if view is not None:
            context |= await _month_context(conn, office, view)
    return show(request, office, "today.html", context)


async def _tasks(conn: Connection, office: Office) -> tuple[list[Task], list[Task]]:
    """Return what the official is to do, and what of the same months waits for somebody else."""
    own: list[Task] = []
    others: list[Task] = []
    roles = {grant.role for grant in office.actor.grants}
    if office.places:
        for month in await open_months(conn, office.actor, office.county, office.places):
            duty, role = STAGES[month.state]
            cycle = await find_cycle(conn, office.county, month.month)
            able = await who_may(conn, cycle, role=role, duty=duty, day=office.today)
            _add_stage(office, month, roles, able, own=own, others=others)
            _add_findings(office, month, roles, own=own, others=others)
        if roles & {Role.IMPORTER, Role.COUNTY}:
            own.append(_quarter_task(office))
    try:
        waiting = await list_waiting(conn, office.actor)
    except NotAllowed:
        return own, others
    if waiting.items:
        many = f"{len(waiting.items)} 家{'以上' if waiting.next else ''}"
        first = waiting.items[0]
        own.append(
            Task(office.to("/desk/producers"), f"卖家申请 {many}，等您办", "", f"最早的是 {first.village} {first.name}")
        )
    return own, others


def _add_stage(
    office: Office, month: OpenMonth, roles: set[Role], able: list[str], *, own: list[Task], others: list[Task]
) -> None:
    """Add the stage at which a month stands: to the official's own, or with who can take it."""
    name = f"{month.month:%Y-%m}"
    when, late = due_words(due_of(month.month), office.today)
    duty, role = STAGES[month.state]
    href = office.to(f"/desk/months/{name}")
    if month.state is State.OPEN:
        words = f"{short_month(name)}账期，等计算"
    else:
        words = f"{short_month(name)}账期，等{_turn(month.state)}"
    elsewhere = month.held is not None and month.held is not duty
    done_here = month.state in _LOOKED_AT and month.left == 0
    if role in roles and not elsewhere and not done_here:
        text = f"核定 {yuan(month.approved_fen)} 元，{month.operators} 家 {month.lines} 条业务"
        own.append(Task(href, words, when, "账单到齐就可以算" if month.state is State.OPEN else text, late))
        return
    text = "您负责的村已办，还要等别的村。" if role in roles and done_here else able_words(able)
    refused = duty if role in roles else Duty.COUNTY if Role.COUNTY in roles else None
    if month.held is not None and elsewhere and refused is not None and month.held is not refused:
        text = cannot_words(month.held, refused) + text
    others.append(Task(href, words, when, text, late))


def _add_findings(office: Office, month: OpenMonth, roles: set[Role], *, own: list[Task], others: list[Task]) -> None:
    """Add the findings that hold a month: the township decides them, who sees the county may look."""
    if not month.stopping or month.state not in _UNDECIDED or not (office.whole or Role.TOWNSHIP in roles):
        return
    name = f"{month.month:%Y-%m}"
    when, late = due_words(due_of(month.month), office.today)
    text = f"{month.stopping} 件停付，涉及 {yuan(month.at_risk_fen)} 元"
    mine = Role.TOWNSHIP in roles and month.held in {None, Duty.TOWNSHIP}
    task = Task(
        office.to("/desk/findings", month=name, state="open"),
        f"{short_month(name)}疑点{'' if mine else '，等乡镇处理'}",
        when,
        text,
        late,
    )
    (own if mine else others).append(task)


def _turn(state: State) -> str:
    return "关账" if state is State.RECONCILED else DUTY_NAMES[STAGES[state][0]]


def _quarter_task(office: Office) -> Task:
    first, _, due = quarter_due(office.today)
    when, late = due_words(due, office.today)
    words = f"{quarter_words(quarter_name(first))}报表"
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
            f"{office.to('/desk/places', month=view.month, township=place.code)}#{row_id(place.code)}",
            drill_cells(place),
        )
        for place in townships
    ]
    finding = next((each for each in by_gravity(view.findings) if each.stops), None)
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


ROUTES = [desk]
