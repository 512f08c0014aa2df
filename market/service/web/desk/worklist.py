"""The first page of the desk: the official's worklist and the current month."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from market.cases.casework.moves import get_person_scope
from market.cases.casework.worklist import AssignedCase, list_assigned_cases
from market.catalogue.producers.queries import list_pending_producers
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import MONEY_ROLES, get_roles
from market.people.identity.models import Actor, NotAllowed, Role
from market.people.identity.supervisors import list_unsupervised_counties
from market.people.notify.notifications import format_due
from market.places.counties.quarter_submissions import list_submissions
from market.reports.drilldown import sum_by_township
from market.reports.findings import list_finding_decisions
from market.reports.imports import UncountedFiles, count_uncounted_files
from market.reports.month import list_eligible_officials, list_month_statuses
from market.reports.month_view import MonthView, get_month_view
from market.reports.tables import DRILLDOWN_TABLE
from market.reports.worklist import (
    OpenMonth,
    compute_due_day,
    find_next_due_quarter,
    format_quarter,
    list_open_months,
)
from market.sales.carriers.unmoved import list_unmoved_parcels
from market.sales.orders.money.money_problems import load_money_problems
from market.sales.payouts.account_change import list_waiting_changes
from market.sales.payouts.large_payouts import list_waiting_large_payouts
from market.sales.procurement.pay import count_unmatched_receipts
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.desk.duty_text import describe_eligible, describe_missing_people, explain_exclusion
from market.service.web.desk.presenters import (
    DrilldownRow,
    build_row_id,
    describe_due_day,
    describe_task,
    draw_operator_chart,
    format_quarter_zh,
    format_short_month,
    present_figures,
    present_finding,
    present_progress,
    present_steps,
    sort_by_severity,
)
from market.service.web.desk.villages.area_items import WorkItem, list_area_items
from market.service.web.services import get_services
from market.service.web.ui.format import yuan
from market.subsidies.intake.views import count_due_leads
from market.subsidies.lines.views import count_waiting_changes
from market.subsidies.models import CYCLE_STATE_NAMES, CycleState, Duty
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.month.steps import NEXT_STEPS, REVIEWABLE_STATES
from market.subsidies.names import format_month_zh
from market.subsidies.register.rechecks import sum_up_rechecks
from market.subsidies.tasks.models import Task
from market.subsidies.tasks.submit import list_own_tasks


@get("/", include_in_schema=False)
async def show_worklist(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the official's worklist and the current month."""
    desk = await open_desk(request, db, actor, clock, register=False)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        cases = await list_assigned_cases(conn, actor)
    async with db.transaction(scope=desk.county) as conn:
        own, others = await _tasks(conn, desk, unmoved_days=get_services(request).settings.unmoved_days)
        own = [*_present_cases(desk, cases), *own]
        view = await _find_current_month(conn, seal, desk) if desk.divisions else None
        context: dict[str, Any] = {"tasks": own, "others": others, "view": view, "card": None}
        context["money"] = bool(get_roles(desk.actor) & MONEY_ROLES)
        context["keeps_officials"] = desk.whole and Role.COUNTY in get_roles(actor)
        context["audits"] = desk.whole and bool(get_roles(actor) & {Role.AUDITOR, Role.COUNTY})
        whole = desk.whole and desk.divisions
        context["missing"] = await describe_missing_people(conn, desk.county, day=desk.today) if whole else []
        if view is not None:
            context |= await _month_context(conn, seal, desk, view)
    return render_desk_page(request, desk, "worklist.html", context)


async def _tasks(conn: Connection, desk: DeskContext, *, unmoved_days: int) -> tuple[list[WorkItem], list[WorkItem]]:
    """Return the official's own items, and the items that are for others."""
    own: list[WorkItem] = []
    others: list[WorkItem] = []
    roles = get_roles(desk.actor)
    if desk.divisions:
        own += [_present_task(desk, task) for task in await list_own_tasks(conn, desk.actor, desk.county)]
        for month in await list_open_months(conn, desk.actor, desk.county, desk.divisions):
            step = NEXT_STEPS[month.state]
            cycle = await find_cycle(conn, desk.county, month.month)
            eligible = await list_eligible_officials(conn, cycle, role=step.role, duty=step.duty, day=desk.today)
            _add_stage(desk, month, roles, eligible, own=own, others=others)
            _add_findings(desk, month, roles, own=own, others=others)
            if desk.whole and Role.IMPORTER in roles and month.state in REVIEWABLE_STATES:
                own += _present_uncounted(desk, month, await count_uncounted_files(conn, desk.county, month.month))
        if roles & {Role.IMPORTER, Role.COUNTY}:
            own += await _list_quarter_tasks(conn, desk)
    if desk.divisions and (leads := await count_due_leads(conn, desk.actor, desk.county, day=desk.today)):
        own.append(WorkItem(desk.to("/desk/leads"), f"线索 {leads} 条，等您办", "", "核实、比对、评议、审核、审定"))
    if desk.divisions and roles & {Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY}:
        villages = await sum_up_rechecks(conn, desk.county, desk.divisions, today=desk.today)
        if due := sum(each.due for each in villages):
            late = sum(each.overdue for each in villages)
            text = f"过期 {late} 户" if late else ""
            own.append(WorkItem(desk.to("/desk/rechecks"), f"要复核的 {due} 户", "", text, late=late > 0))
    if desk.whole and Role.IMPORTER in roles and (changes := await count_waiting_changes(conn, desk.county)):
        own.append(WorkItem(desk.to("/desk/lines"), f"业务变更 {changes} 件，等您办", "", "换卡、过户、停机、销户"))
    own += await list_area_items(conn, desk)
    own += await _list_platform_items(conn, desk, roles)
    if roles & MONEY_ROLES and (problems := await _count_money(conn, desk, unmoved_days)):
        text = "退款没有到账、买家异议、对账不一致、包裹不动"
        own.append(WorkItem(desk.to("/desk/money"), f"钱的异常 {problems} 件", "", text))
    try:
        pending = await list_pending_producers(conn, desk.actor)
    except NotAllowed:
        return own, others
    if pending.items:
        stopping = f"{len(pending.items)} 家{'以上' if pending.next else ''}"
        first = pending.items[0]
        own.append(
            WorkItem(
                desk.to("/desk/producers"), f"卖家申请 {stopping}，等您办", "", f"最早的是 {first.village} {first.name}"
            )
        )
    return own, others


async def _list_platform_items(conn: Connection, desk: DeskContext, roles: set[Role]) -> list[WorkItem]:
    """Return the platform's items: transfers that pay nothing yet; counties without a supervisor, their second looks.

    Both belong to no county's desk.
    """
    if Role.PLATFORM not in roles:
        return []
    items: list[WorkItem] = []
    if receipts := await count_unmatched_receipts(conn):
        href = desk.to("/desk/bank-receipts")
        items.append(
            WorkItem(href, f"对公转账 {receipts} 笔要办", "", "没核对的要第二个人核对；没对上的催单位补足，或者退回去")
        )
    counties = await list_unsupervised_counties(conn, day=desk.today)
    if not counties:
        return items
    names = "、".join(each.name for each in counties[:3]) + ("等" if len(counties) > 3 else "")
    text = f"{names}：投诉要上一级再看的，先到平台；请市里或省里开账号"
    return [*items, WorkItem(desk.to("/desk/officials"), f"{len(counties)} 个县没有上级", "", text, late=True)]


async def _count_money(conn: Connection, desk: DeskContext, unmoved_days: int) -> int:
    """Return how many problems and decisions the page 钱的异常 shows."""
    return (
        (await load_money_problems(conn, desk.actor)).count()
        + len(await list_unmoved_parcels(conn, desk.actor, days=unmoved_days, now=desk.now))
        + len(await list_waiting_changes(conn, desk.actor))
        + len(await list_waiting_large_payouts(conn, desk.actor))
    )


def _present_cases(desk: DeskContext, cases: Sequence[AssignedCase]) -> list[WorkItem]:
    """Return an item for each kind of cases that the official decides, with its first deadline."""
    by_name: dict[str, list[AssignedCase]] = {}
    for each in cases:
        by_name.setdefault(each.name, []).append(each)
    return [
        WorkItem(
            desk.to("/desk/cases"), f"{name} {len(same)} 件，等您定", f"{format_due(same[0].due_at)}前", "",
            late=same[0].due_at <= desk.now,
        )
        for name, same in by_name.items()
    ]  # fmt: skip


def _present_task(desk: DeskContext, task: Task) -> WorkItem:
    """Return the item of a task that goes on, or that did not succeed."""
    href, name = desk.to(f"/desk/tasks/{task.id}"), describe_task(task)
    if task.ended:
        return WorkItem(href, f"{name}，没有办成", "", "打开看为什么", late=True)
    return WorkItem(href, f"正在{name}", "", present_progress(task).text)


def _add_stage(
    desk: DeskContext,
    month: OpenMonth,
    roles: set[Role],
    eligible: list[str],
    *,
    own: list[WorkItem],
    others: list[WorkItem],
) -> None:
    """Add the due step of a month to the official's own items, or to the others with those who can take it."""
    name = f"{month.month:%Y-%m}"
    when, late = describe_due_day(compute_due_day(month.month), desk.today)
    step = NEXT_STEPS[month.state]
    duty, role = step.duty, step.role
    href = desk.to(f"/desk/months/{name}")
    words = f"{format_short_month(name)}账期，等{step.zh}"
    elsewhere = month.own_duty is not None and month.own_duty is not duty
    done_here = step.by_division and month.left == 0
    if role in roles and not elsewhere and not done_here:
        text = f"核定 {yuan(month.approved_fen)} 元，{month.operators} 家 {month.lines} 条业务"
        own.append(WorkItem(href, words, when, "账单到齐就可以算" if month.state is CycleState.OPEN else text, late))
        return
    text = "您负责的村已办，还要等别的村。" if role in roles and done_here else describe_eligible(eligible)
    refused = duty if role in roles else Duty.COUNTY if Role.COUNTY in roles else None
    if month.own_duty is not None and elsewhere and refused is not None and month.own_duty is not refused:
        text = explain_exclusion(month.own_duty, refused) + text
    others.append(WorkItem(href, words, when, text, late))


def _add_findings(
    desk: DeskContext, month: OpenMonth, roles: set[Role], *, own: list[WorkItem], others: list[WorkItem]
) -> None:
    """Add the findings that block a month: an item of the township, shown to officials of the whole county."""
    if not month.stopping or month.state not in REVIEWABLE_STATES or not (desk.whole or Role.TOWNSHIP in roles):
        return
    name = f"{month.month:%Y-%m}"
    when, late = describe_due_day(compute_due_day(month.month), desk.today)
    text = f"{month.stopping} 件停付，涉及 {yuan(month.at_risk_fen)} 元"
    is_own = Role.TOWNSHIP in roles and month.own_duty in {None, Duty.TOWNSHIP}
    task = WorkItem(
        desk.to("/desk/findings", month=name, state="open"),
        f"{format_short_month(name)}疑点{'' if is_own else '，等乡镇处理'}",
        when,
        text,
        late,
    )
    (own if is_own else others).append(task)


def _present_uncounted(desk: DeskContext, month: OpenMonth, files: list[UncountedFiles]) -> list[WorkItem]:
    """Return the item of files that came after the calculation of a month."""
    name = f"{month.month:%Y-%m}"
    words = f"{format_short_month(name)}账期又收了 {sum(each.files for each in files)} 份文件，要再算一遍"
    text = "还没算进去；不再算，县里不能审定"
    return [WorkItem(desk.to(f"/desk/months/{name}"), words, "", text)] if files else []


async def _list_quarter_tasks(conn: Connection, desk: DeskContext) -> list[WorkItem]:
    """Return the report of the quarter that is due next, or nothing once it was sent in."""
    first, _, due = find_next_due_quarter(desk.today)
    if await list_submissions(conn, desk.county, first):
        return []
    when, late = describe_due_day(due, desk.today)
    words = f"{format_quarter_zh(format_quarter(first))}报表"
    href = desk.to(f"/desk/quarters/{format_quarter(first)}")
    return [WorkItem(href, words, when, "惠及用户、让利金额，随账期自动算好，填报人看一遍；报了记下报送", late)]


async def _find_current_month(conn: Connection, seal: Seal, desk: DeskContext) -> MonthView | None:
    """Return the oldest calculated month that is not closed, else the latest one, or None."""
    months = [month for month in await list_month_statuses(conn, desk.county) if month.calculated]
    if not months:
        return None
    unfinished = [month for month in months if month.state is not CycleState.CLOSED]
    chosen = unfinished[-1] if unfinished else months[0]
    return await get_month_view(conn, seal, desk.county, chosen.month, desk.divisions)


async def _month_context(conn: Connection, seal: Seal, desk: DeskContext, view: MonthView) -> dict[str, Any]:
    cycle = await find_cycle(conn, desk.county, read_month(view.month))
    townships = await sum_by_township(conn, cycle, desk.divisions)
    rows = [
        DrilldownRow(
            0,
            township.name,
            f"{desk.to('/desk/places', month=view.month, township=township.code)}#{build_row_id(township.code)}",
            DRILLDOWN_TABLE.get_cells(township),
        )
        for township in townships
    ]
    finding = next((each for each in sort_by_severity(view.findings) if each.stops), None)
    decisions = await list_finding_decisions(conn, seal, desk.county, [finding.id]) if finding else {}
    return {
        "name": format_month_zh(view.month),
        "short": format_short_month(view.month),
        "sums": present_figures(view.total),
        "bars": draw_operator_chart(format_short_month(view.month), view.operators),
        "steps": present_steps(view),
        "table": DRILLDOWN_TABLE,
        "rows": rows,
        "foot": [desk.name if desk.whole else "合计", *DRILLDOWN_TABLE.get_cells(view.total)],
        "card": present_finding(finding, decisions.get(finding.id, [])) if finding else None,
        "state": CYCLE_STATE_NAMES[view.state],
    }


ROUTES = [show_worklist]
