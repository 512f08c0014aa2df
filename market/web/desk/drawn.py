"""What several pages of the desk draw out of a month: figures, chart, steps, drill, reasons, findings."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.kernel.clock import day_of
from market.reports.desk.findings import DecisionView, FindingView
from market.reports.desk.months import Event, ReasonRow, SheetRow
from market.reports.desk.places import PlaceSums
from market.reports.desk.reasons import reason_words
from market.reports.desk.view import MonthView
from market.reports.desk.waiting import STAGES
from market.subsidies.models import DUTY_NAMES, STATE_NAMES, State
from market.subsidies.words import CHECK_NAMES, KIND_NAMES, OPERATOR_NAMES, month_zh
from market.web.look.charts import Bar, Chart, stacked
from market.web.look.format import count, day_short, day_zh, yuan

BEARERS = ("运营商让利", "财政补贴", "待安排")
DRILL_HEAD = ["地方", "核定", "核减", "申请", "应补", "补贴", "业务"]
DRILL_MONEY = [1, 2, 3, 4, 5]
_ORDER = list(State)
_QUARTERS = "一二三四"


class Drill(Struct):
    """A row of a drill: a place, a household or a line, with a link that opens or shuts it.

    `explained`: the page's explanation stands beneath it; `more`: where the list goes on that ends with this row.
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


class Case(Struct, frozen=True):
    """A finding as the macro `finding` prints it, with what its form needs."""

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


def operator_of(code: str) -> str:
    """Return an operator's name as officials write it."""
    return "合计" if code == "total" else {str(key): name for key, name in OPERATOR_NAMES.items()}.get(code, code)


def kind_of(code: str) -> str:
    """Return a service's name as officials write it."""
    return "合计" if code == "all" else {str(key): name for key, name in KIND_NAMES.items()}.get(code, code)


def figures_of(row: SheetRow) -> list[tuple[str, str]]:
    """Return the five figures on top of a month."""
    return [
        ("申请", yuan(row.claimed_fen)),
        ("核减", yuan(row.over_fen)),
        ("核定", yuan(row.approved_fen)),
        ("财政补贴", yuan(row.public_fen)),
        ("惠及用户", count(row.users)),
    ]


def chart_of(month: str, rows: Sequence[SheetRow]) -> Chart:
    """Draw who bears what was approved, by operator."""
    bars = [Bar(operator_of(row.operator), (row.conceded_fen, row.public_fen, row.unfunded_fen)) for row in rows]
    return stacked(f"{month} 核定由谁负担", BEARERS, bars)


def steps_of(view: MonthView) -> list[tuple[str, str, str | None]]:
    """Return how far the month has come: what was done by whom, what is due now, what follows."""
    latest: dict[State, Event] = {event.state: event for event in view.events}
    at = _ORDER.index(view.state)
    items: list[tuple[str, str, str | None]] = []
    for state in _ORDER[1:]:
        event = latest.get(state)
        index = _ORDER.index(state)
        if index <= at and event is not None:
            items.append((f"{day_short(event.at)}　{_step_name(state)}，{event.by}", "done", _small(view, state)))
        elif index == at + 1:
            left = f"还有 {len(view.waiting)} 个村等办" if view.waiting else None
            items.append((f"{_step_name(state)}，等办", "now", left))
        elif index > at + 1:
            items.append((_step_name(state), "next", None))
    return items


def _step_name(state: State) -> str:
    names = {
        State.CALCULATED: "计算",
        State.CONFIRMED: "村级评议核实",
        State.REVIEWED: "乡镇审核",
        State.DECIDED: "县级审定",
        State.SETTLED: "结算",
        State.RECONCILED: "对账",
        State.CLOSED: "关账",
    }
    return names[state]


def _small(view: MonthView, state: State) -> str | None:
    if state is State.CALCULATED and view.run is not None:
        return f"第 {view.run.n} 次计算，{view.total.lines} 条业务"
    if state is State.REVIEWED and view.findings:
        return f"疑点 {len(view.findings)} 件"
    return None


def state_words(view: MonthView) -> str:
    """Say where the month stands, and whose turn it is."""
    stage = STAGES.get(view.state)
    return STATE_NAMES[view.state] + (f"，等{DUTY_NAMES[stage[0]]}" if stage else "")


def row_id(code: str) -> str:
    """Return the anchor of the drill's row of a place, a household or a line."""
    return f"r-{code}"


def drill_cells(sums: PlaceSums) -> list[int]:
    """Return the cells of a drill's row, in the order of its head."""
    return [
        sums.approved_fen,
        sums.over_fen,
        sums.claimed_fen,
        sums.entitled_fen,
        sums.public_fen,
        sums.lines,
    ]


def total_cells(row: SheetRow) -> list[int]:
    """Return the closing row of a drill."""
    return [
        row.approved_fen,
        row.over_fen,
        row.claimed_fen,
        row.entitled_fen,
        row.public_fen,
        row.lines,
    ]


def reason_rows(rows: Sequence[ReasonRow]) -> list[list[str | int]]:
    """Return the table of why claims were reduced."""
    return [[reason_words(row.reasons), row.lines, row.over_fen] for row in rows]


def month_words(text: str) -> str:
    """Write `2019-03` as `2019年3月`."""
    return month_zh(text)


def short_month(text: str) -> str:
    """Write `2019-03` as `3 月`."""
    return f"{int(text[5:7])} 月"


def quarter_words(text: str) -> str:
    """Write `2019Q1` as `2019年一季度`."""
    year, _, number = text.partition("Q")
    return f"{year}年{_QUARTERS[int(number) - 1]}季度"


def case_of(finding: FindingView, decisions: Sequence[DecisionView] = ()) -> Case:
    """Return a finding as a page shows it: who, how much is at risk, the evidence, what was decided."""
    where = "、".join(finding.villages)
    held = "这几条业务先停付" if finding.stops else "不停付，供核实"
    words = "待处理，" + held if finding.state == "open" else "已处理"
    evidence = [
        ("账期", month_words(f"{finding.month:%Y-%m}")),
        ("证据", finding.evidence),
        ("业务", "、".join(finding.lines) or "—"),
        ("发现", day_zh(finding.opened_at)),
    ]
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
    return Case(
        id=f"f-{finding.id}",
        title=CHECK_NAMES.get(finding.check, finding.check),
        who="　".join(part for part in (where, _subject(finding)) if part),
        sum_fen=finding.at_risk_fen,
        state=words,
        evidence=evidence,
        open=finding.state == "open",
        check=finding.check,
        subject=finding.subject,
        lines=list(zip(finding.lines, finding.verdicts, strict=True)),
        stops=finding.stops,
    )


def by_gravity(findings: Sequence[FindingView]) -> list[FindingView]:
    """Order findings as a page shows the first of them: what stops a line, open before decided, the dead before all."""
    return sorted(
        findings, key=lambda each: (not each.stops, each.state != "open", each.check != "dead_in_service_month")
    )


def _subject(finding: FindingView) -> str:
    """Say whom a finding is about: an operator by its name, of a village only that, for its name stands before."""
    if finding.check == "equal_sums_in_village":
        return ""
    if finding.check in {"two_operators_one_household", "too_many_lines"}:
        return f"{finding.subject} 户"
    return operator_of(finding.subject).replace(";", "、")


def due_words(due: date, today: date) -> tuple[str, bool]:
    """Say how long there is until a deadline, and whether it presses."""
    left = (due - today).days
    if left < 0:
        return f"{day_short(due)}，已过 {-left} 天", True
    if left == 0:
        return "今天到期", True
    return f"{day_short(due)}，还有 {left} 天", False


def local_day(view: MonthView) -> str:
    """Say when the month's run was made."""
    return day_zh(day_of(view.run.ran_at)) if view.run else ""
