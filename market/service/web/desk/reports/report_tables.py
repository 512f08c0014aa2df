"""A counted report as tables of values: for its page, its files and its print."""

from msgspec.structs import replace

from market.cases.grievances.models import TOPIC_NAMES
from market.reports.counted.models import Subject
from market.reports.counted.view import DivisionLine, FigureLine, ReportMonth, ReportView
from market.service.web.desk.papers.forms import BLANK, FormTable, PrintedForm, Value
from market.service.web.ui.charts import Chart, draw_bars, draw_funnel
from market.service.web.ui.format import count, percent_bp, yuan
from market.subsidies.models import CYCLE_STATE_NAMES
from market.subsidies.month.steps import CLOSE
from market.subsidies.names import CHECK_NAMES, format_month_zh

HIDDEN_WORDS = "少，不列"
UNKNOWN_WORDS = "—"
SUBJECT_NAMES = {
    Subject.HOUSEHOLD: "户",
    Subject.LINE: "业务编号",
    Subject.PERSON: "户和第几人",
    Subject.FINDING: "疑点",
    Subject.DIFFERENCE: "业务编号",
    Subject.CASE: "编号",
    Subject.CLAWBACK: "编号",
}
TOPICS = {str(each): name for each, name in TOPIC_NAMES.items()}
_NOTES = {"open": "还没有办", "answered": "办了"}


def name_month(month: ReportMonth) -> str:
    """Return a month with its state: an open one is provisional."""
    words = format_month_zh(f"{month.month:%Y-%m}")
    return words if month.state == CLOSE.after else f"{words}（{CYCLE_STATE_NAMES[month.state]}，暂定）"


def write_number(line: FigureLine) -> str:
    """Return a figure with its unit, or that it is hidden."""
    return HIDDEN_WORDS if line.n is None else f"{count(line.n)} {line.figure.unit}"


def list_shown(view: ReportView) -> list[FigureLine]:
    """Return the figures of a report; in one of many kinds, those that occur now or did before."""
    if view.report.steps or view.report.hides:
        return view.lines
    used = [line for line in view.lines if line.n or line.before or line.year_before]
    return used if len(view.lines) > 8 else view.lines


def draw_report(view: ReportView) -> Chart | None:
    """Draw the figures that are not hidden, None if there is nothing to draw."""
    shown = [line for line in list_shown(view) if line.n is not None]
    title = f"{view.report.title}，{name_month(view.month)}"
    rows = [(line.figure.title, line.n or 0) for line in shown]
    if view.report.hides:
        # Parts of wholes are drawn; what each label would repeat is said once, so that bars have room on a phone.
        parts = [(line.figure.title.rpartition("，"), line.n or 0) for line in shown if line.figure.whole]
        rows = [(name, n) for (name, _, _), n in parts]
        title += f"，{parts[0][0][2]}" if parts else ""
    units = {line.figure.unit for line in view.lines}
    if not any(n for _, n in rows):
        return None
    if view.report.steps:
        return draw_funnel(title, rows)
    # Figures of different things have no sum.
    return replace(draw_bars(title, rows, unit="、".join(sorted(units)), fen=False), foot=[])


def describe_budget(view: ReportView) -> str:
    """Return how much of the budget of the month and of the year so far was paid; empty without a budget."""
    month, parts = view.month, list[str]()
    if month.budget_fen is not None:
        parts.append(f"本月预算 {yuan(month.budget_fen)} 元，付了 {yuan(month.paid_fen)} 元{_share(month)}")
    if view.year_budget_fen:
        share = percent_bp(10_000 * view.year_paid_fen // view.year_budget_fen) if view.year_paid_fen >= 0 else ""
        words = f"，{share}" if share else ""
        parts.append(f"今年到本月预算 {yuan(view.year_budget_fen)} 元，付了 {yuan(view.year_paid_fen)} 元{words}")
    return "；".join(parts)


def _share(month: ReportMonth) -> str:
    if not month.budget_fen or month.paid_fen < 0:
        return ""
    return f"，{percent_bp(10_000 * month.paid_fen // month.budget_fen)}"


def describe_note(note: str) -> str:
    """Return the note of a row in Chinese: what a finding is, whether it is open, a month, another household."""
    if note in _NOTES:
        return _NOTES[note]
    if note in TOPICS:
        return TOPICS[note]
    check, _, state = note.partition(" ")
    if check in CHECK_NAMES:
        return CHECK_NAMES[check] + ("，还没有办" if state else "")
    return note


def make_figures_table(view: ReportView) -> FormTable:
    """Return the figures beside the month before, the year before, their share and their sum."""
    rows: list[list[Value]] = [
        [
            line.figure.title, line.figure.unit, _write(line.n, hidden=line.hidden), _write(line.before),
            _write(line.year_before), "" if line.share_bp is None else percent_bp(line.share_bp),
            line.fen if line.figure.money and not line.hidden else None,
        ]
        for line in view.lines
    ]  # fmt: skip
    head = ["指标", "单位", "本月", "上月", "去年同月", "占比", "金额"]
    return FormTable("各项", head, ["text", "text", "count", "count", "count", "text", "fen"], rows)


def make_divisions_table(view: ReportView) -> FormTable:
    """Return the figures of each division below, with their sum."""
    head = ["地方", *(figure.title for figure in view.report.figures)]
    rows: list[list[Value]] = [[line.name, *line.figures] for line in view.divisions]
    foot: list[Value] = ["合计", *(line.n or 0 for line in view.lines)]
    return FormTable("按地方", head, ["text", *["count"] * len(view.report.figures)], rows, foot if rows else None)  # pyright: ignore[reportArgumentType] - shapes are literals


def make_long_table(view: ReportView) -> FormTable:
    """Return a row for each figure of the whole and of each division, as programs read it."""
    area = view.names.get(view.within, "没有村的")
    rows: list[list[Value]] = [
        [area, line.figure.title, line.figure.unit, _write(line.n, hidden=line.hidden), _write(line.before),
         _write(line.year_before), line.fen if line.figure.money and not line.hidden else None]
        for line in view.lines
    ]  # fmt: skip
    for division in view.divisions:
        rows += _list_cells(view, division)
    head = ["地方", "指标", "单位", "本月", "上月", "去年同月", "金额"]
    return FormTable(view.report.title, head, ["text", "text", "text", "count", "count", "count", "fen"], rows)


def build_report_form(view: ReportView, area: str) -> PrintedForm:
    """Build a report to print and to sign."""
    budget = describe_budget(view)
    return PrintedForm(
        title=f"{area}{view.report.title}",
        meta=[f"账期：{name_month(view.month)}", "金额单位：元"],
        tables=[make_figures_table(view), make_divisions_table(view)],
        words=[],
        notes=[view.report.about, *([budget] if budget else [])],
        signs=FormTable("签字", ["填报人", "审核人", "日期"], ["text", "text", "text"], [[BLANK, BLANK, BLANK]]),
        foot=[],
    )


def _list_cells(view: ReportView, division: DivisionLine) -> list[list[Value]]:
    return [
        [division.name, figure.title, figure.unit, n, None, None, None]
        for figure, n in zip(view.report.figures, division.figures, strict=True)
    ]


def _write(n: int | None, *, hidden: bool = False) -> Value:
    return n if n is not None else (HIDDEN_WORDS if hidden else UNKNOWN_WORDS)
