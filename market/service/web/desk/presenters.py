"""Parts that several desk pages show: columns of sums, figures, chart, steps, reasons, findings."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.reports.findings import DecisionView, FindingView
from market.reports.month import MonthEvent, MonthOpinion, OperatorSums, ReasonRow
from market.reports.month_view import MonthView
from market.reports.reasons import describe_reasons
from market.service.web.desk.register.fact_text import describe_change
from market.service.web.ui.charts import Chart, ChartBar, draw_stacked_bars
from market.service.web.ui.format import count, day_short, day_zh, yuan
from market.subsidies.findings.check_table import CHECKS, OWNER_NAMES
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.models import CYCLE_STATE_NAMES, CycleState
from market.subsidies.month.steps import DECIDE, NEXT_STEPS, RUN, STEPS, list_return_targets
from market.subsidies.names import CHECK_NAMES, KIND_NAMES, OPERATOR_NAMES, format_month_zh
from market.subsidies.progress import Stage
from market.subsidies.tasks.models import ImportTask, SplitTask, Task, TaskState

BEARERS = ("运营商让利", "财政补贴", "待安排")
_ORDER = list(CycleState)
_STAGE_TEXT = {
    Stage.WAITING: "排着队，前面的办完就轮到",
    Stage.READING: "正在读数据",
    Stage.CHECKING: "正在一行一行核对",
    Stage.CALCULATING: "正在一条一条算",
    Stage.STORING: "正在存结果",
}
_IMPORT_STAGES = (Stage.WAITING, Stage.READING, Stage.CHECKING, Stage.STORING)
_STEP_STAGES = {
    RUN.name: (Stage.WAITING, Stage.READING, Stage.CALCULATING, Stage.STORING),
    DECIDE.name: (Stage.WAITING, Stage.READING, Stage.CHECKING),
}
_QUARTERS = "一二三四"


class DrilldownRow(Struct):
    """A row of the drilldown: a division, a household or a line, with a link that opens or closes it.

    `explained`: an explanation is shown below the row; `more`: the URL of the next page of a list that ends here.
    """

    level: int
    words: str
    href: str | None
    cells: list[int]
    open: bool = False
    why: str | None = None
    id: str = ""
    explained: bool = False
    more: str | None = None


class FindingCard(Struct, frozen=True):
    """A finding as the macro `finding` shows it, with the values of its form."""

    id: str
    title: str
    who: str
    sum_fen: int
    state: str
    evidence: list[tuple[str, str]]
    open: bool
    check: str
    subject: str
    lines: list[tuple[str, str]]
    stops: bool


def get_operator_name(code: str) -> str:
    """Return the Chinese name of an operator, or of the total."""
    return "合计" if code == "total" else {str(key): name for key, name in OPERATOR_NAMES.items()}.get(code, code)


def get_kind_name(code: str) -> str:
    """Return the Chinese name of a service, or of the total."""
    return "合计" if code == "all" else {str(key): name for key, name in KIND_NAMES.items()}.get(code, code)


def present_figures(row: OperatorSums) -> list[tuple[str, str]]:
    """Return the five figures at the top of a month."""
    return [
        ("申请", yuan(row.claimed_fen)),
        ("核减", yuan(row.over_fen)),
        ("核定", yuan(row.approved_fen)),
        ("财政补贴", yuan(row.public_fen)),
        ("惠及用户", count(row.users)),
    ]


def draw_operator_chart(month: str, rows: Sequence[OperatorSums]) -> Chart:
    """Draw the funders' parts of the approved sums, by operator."""
    bars = [
        ChartBar(get_operator_name(row.operator), (row.conceded_fen, row.public_fen, row.unfunded_fen)) for row in rows
    ]
    return draw_stacked_bars(f"{month} 核定由谁负担", BEARERS, bars)


def present_steps(view: MonthView) -> list[tuple[str, str, str | None]]:
    """Return the steps of the month: done (and by whom), due, or pending."""
    latest: dict[CycleState, MonthEvent] = {event.state: event for event in view.events if not event.returned}
    at = _ORDER.index(view.state)
    items: list[tuple[str, str, str | None]] = []
    for index, step in enumerate(STEPS):
        event = latest.get(step.after)
        if index < at and event is not None:
            note = _step_note(view, step.after)
            items.append((f"{day_zh(event.at)}　{step.zh}，{event.by}", "done", note))
        elif index == at:
            left = f"还有 {len(view.waiting)} 个村等办" if view.waiting else None
            items.append((f"{step.zh}，等办", "now", left))
        elif index > at:
            items.append((step.zh, "next", None))
    return items


def _step_note(view: MonthView, state: CycleState) -> str | None:
    if state is CycleState.CALCULATED and view.run is not None:
        return f"第 {view.run.n} 次计算，{view.total.lines} 条业务"
    if state is CycleState.REVIEWED and view.findings:
        return f"疑点 {len(view.findings)} 件"
    return None


def present_opinions(opinions: Sequence[MonthOpinion]) -> list[tuple[str, str]]:
    """Return who wrote what with which step, and who returned the month to which state and why."""
    return [
        (
            f"{day_zh(each.at)}　{each.by}，{'退回到' if each.returned else ''}{CYCLE_STATE_NAMES[each.state]}",
            each.opinion,
        )
        for each in opinions
    ]


def present_return_targets(state: CycleState) -> list[tuple[str, str]]:
    """Return the states to which a month may be returned from a state, with their names, the one before first."""
    return [(str(each), CYCLE_STATE_NAMES[each]) for each in list_return_targets(state)]


def describe_state(view: MonthView) -> str:
    """Return the month's state, and what is due."""
    step = NEXT_STEPS.get(view.state)
    return CYCLE_STATE_NAMES[view.state] + (f"，等{step.zh}" if step else "")


def build_row_id(code: str) -> str:
    """Return the anchor of a drilldown row."""
    return f"r-{code}"


def present_reasons(rows: Sequence[ReasonRow]) -> list[list[str | int]]:
    """Return the rows of the table of reductions by reason."""
    return [[describe_reasons(row.reasons), row.lines, row.over_fen] for row in rows]


def format_short_month(text: str) -> str:
    """Return `2019-03` as `3 月`."""
    return f"{int(text[5:7])} 月"


def format_quarter_zh(text: str) -> str:
    """Return `2019Q1` as `2019年一季度`."""
    year, _, number = text.partition("Q")
    return f"{year}年{_QUARTERS[int(number) - 1]}季度"


def present_finding(finding: FindingView, decisions: Sequence[DecisionView] = ()) -> FindingCard:
    """Return a finding for display: whom it concerns, the sum at risk, evidence and decisions."""
    village = "、".join(finding.villages)
    effect = "这几条业务先停付" if finding.stops else "不停付，供核实"
    words = "待处理，" + effect if finding.state == "open" else "已处理"
    evidence = [
        ("账期", format_month_zh(f"{finding.month:%Y-%m}")),
        ("证据", finding.evidence),
        ("业务", "、".join(finding.lines) or "—"),
        ("发现", day_zh(finding.opened_at)),
        ("谁去核", OWNER_NAMES[CHECKS[finding.check].owner]),
    ]
    evidence += [("改动", describe_change(change)) for change in finding.changes]
    for decision in decisions:
        verdict = "；".join(
            part
            for part in (
                f"付 {'、'.join(decision.pays)}" if decision.pays else "",
                f"停 {'、'.join(decision.stops)}" if decision.stops else "",
            )
            if part
        )
        evidence.append(("处理", f"{day_zh(decision.decided_at)}，{decision.by}：{verdict}。{decision.why}"))
    return FindingCard(
        id=f"f-{finding.id}",
        title=CHECK_NAMES.get(finding.check, finding.check),
        who="　".join(part for part in (village, _describe_subject(finding)) if part),
        sum_fen=finding.at_risk_fen,
        state=words,
        evidence=evidence,
        open=finding.state == "open",
        check=finding.check,
        subject=finding.subject,
        lines=list(zip(finding.lines, finding.verdicts, strict=True)),
        stops=finding.stops,
    )


def sort_by_severity(findings: Sequence[FindingView]) -> list[FindingView]:
    """Sort findings for a page: those that stop a line first, then open ones, then deaths."""
    return sorted(
        findings, key=lambda each: (not each.stops, each.state != "open", each.check != "dead_in_service_month")
    )


_HOUSEHOLD_CHECKS = frozenset({
    "two_operators_one_household", "too_many_lines", "person_in_many_households", "one_address_many_households",
    "one_account_many_households", "on_public_payroll", "owns_vehicle", "owns_company", "owns_flat",
})  # fmt: skip
"""Checks whose subject is a household."""


def _describe_subject(finding: FindingView) -> str:
    """Describe whom a finding concerns; empty for a village, whose name is already shown."""
    if finding.check in {"equal_sums_in_village", "register_entry_old"}:
        return ""
    if finding.check == "plan_above_market":
        return f"套餐 {finding.subject}"
    if finding.check in _HOUSEHOLD_CHECKS:
        return f"{finding.subject} 户"
    return get_operator_name(finding.subject).replace(";", "、")


def describe_due_day(due: date, today: date) -> tuple[str, bool]:
    """Describe the time left until a deadline, and return whether it is due or overdue."""
    left = (due - today).days
    if left < 0:
        return f"{day_short(due)}，已过 {-left} 天", True
    if left == 0:
        return "今天到期", True
    return f"{day_short(due)}，还有 {left} 天", False


class TaskProgress(Struct, frozen=True):
    """How far a task is: its stage as a text, and as a number of `most`."""

    text: str
    stage: int
    most: int


def describe_task(task: Task) -> str:
    """Return what a task does, such as `导入名册` or `计算 1 月账期`."""
    if isinstance(task.input, ImportTask):
        return f"{'试' if task.input.dry_run else '导入'}{IMPORT_KINDS[task.input.file_kind].name_zh}"
    if isinstance(task.input, SplitTask):
        return f"{'试' if task.input.dry_run else '分'}几个县的账单"
    return f"{task.input.step.zh} {format_short_month(task.input.month)}账期"


def present_progress(task: Task) -> TaskProgress:
    """Return how far a task is that has not ended."""
    stages = _IMPORT_STAGES if isinstance(task.input, ImportTask | SplitTask) else _STEP_STAGES[task.input.step.name]
    repeated = task.state is TaskState.QUEUED and task.attempts > 0
    text = "刚才没办成，过一会儿自动再办" if repeated else _STAGE_TEXT[task.stage]
    return TaskProgress(text, 0 if repeated else stages.index(task.stage), len(stages))
