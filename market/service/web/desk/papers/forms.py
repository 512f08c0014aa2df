"""The printed forms of a month and a quarter as tables of values, for a page and for a workbook."""

from collections.abc import Sequence
from datetime import date

import msgspec
from msgspec import Struct

from market.kernel.clock import get_business_day
from market.reports.area_approvals import AreaApproval
from market.reports.files.settlement_file import SettlementLine
from market.reports.month_view import MonthView
from market.reports.quarter import QuarterReport
from market.reports.reasons import describe_reasons, expand_reasons
from market.reports.tables import APPROVAL_TABLE, Shape
from market.service.web.desk.presenters import get_kind_name, get_operator_name
from market.service.web.ui.format import capitals, day_zh, yuan
from market.subsidies.models import CYCLE_STATE_NAMES, CycleState, Duty
from market.subsidies.month.steps import CONFIRM, DECIDE, REVIEW, RUN, MonthStep
from market.subsidies.names import format_month_zh

type Value = str | int | None

_MAX_REASONS = 6
_MAX_ADJUSTMENTS = 6
_MAX_OPINION_LENGTH = 60
_MAX_AREA_ROWS = 8
BLANK = "　" * 8
"""A cell to write in by hand."""
_NUMERALS = "一二三四五六七八九十"


class FormTable(Struct, frozen=True):
    """A table: the shape of each column, the rows, and the total row or None."""

    title: str
    head: list[str]
    shapes: list[Shape]
    rows: list[list[Value]]
    foot: list[Value] | None = None


class PrintedForm(Struct, frozen=True):
    """A form to sign: `meta` is above its tables, `words` and `notes` between them, `foot` below the signatures."""

    title: str
    meta: list[str]
    tables: list[FormTable]
    words: list[str]
    notes: list[str]
    signs: FormTable
    foot: list[str]


class FormSignature(Struct, frozen=True):
    """Who completed a stage, when, and what they wrote with it."""

    stage: str
    name: str
    opinion: str
    day: date | None


def _sum_row(first: str, rows: Sequence[Sequence[Value]], shapes: Sequence[Shape]) -> list[Value]:
    foot: list[Value] = [first]
    for at, shape in enumerate(shapes[1:], 1):
        foot.append("" if shape == "text" else sum(value for row in rows if isinstance(value := row[at], int)))
    return foot


def make_total_table(
    title: str, head: list[str], shapes: list[Shape], rows: list[list[Value]], *, blank: Sequence[int] = ()
) -> FormTable:
    """Return a table with a total row; it omits the columns in `blank`."""
    foot = _sum_row("合计", rows, shapes)
    for at in blank:
        foot[at] = ""
    return FormTable(title, head, shapes, rows, foot if rows else None)


def build_approval_form(view: MonthView, county: str) -> PrintedForm:
    """Build the approval form (审批表) of a month."""
    operators: list[list[Value]] = [
        [get_operator_name(row.operator), *APPROVAL_TABLE.get_cells(row)] for row in view.operators
    ]
    reasons = _list_reasons(view)
    adjustments = _list_adjustments(view)
    tables = [
        make_total_table(
            "按运营商",
            APPROVAL_TABLE.head,
            APPROVAL_TABLE.shapes,
            operators,
        ),
        make_total_table("核减原因", ["原因", "业务数", "金额"], ["text", "count", "fen"], reasons),
        make_total_table(
            "本月入账的以前月份调整",
            ["所属月", "运营商", "业务编号", "原实际落实", "重算", "调整", "其中让利", "其中财政", "事由"],
            ["text", "text", "text", *list_fens(5), "text"],
            adjustments,
            blank=(3, 4),
        ),
    ]
    total = view.total
    run = view.run
    return PrintedForm(
        title=f"{county}手机和宽带资费减免审批表",
        meta=[f"账期：{format_month_zh(view.month)}", "单位：元", f"编号：{view.county}-{view.month}", "第1页 共1页"],
        tables=tables,
        words=[
            f"核定合计（大写）：{capitals(total.approved_fen)}",
            f"财政补贴合计（大写）：{capitals(total.public_fen)}",
        ],
        notes=[_describe_budget(view)],
        signs=_signature_table(_signatures(view)),
        foot=[
            f"输入清单号：{run.manifest_sha256 if run else '还没有计算'}",
            f"结果号：{run.result_sha256 if run else '还没有计算'}",
        ],
    )


def build_area_form(
    view: MonthView, county: str, area: Sequence[str], approvals: Sequence[AreaApproval]
) -> PrintedForm:
    """Build the sheet that a township or a village signs: the month's sums of its own area, and who approved them.

    The budget is shared over the whole county, so that what is funded is as calculated for its lines.
    """
    whole = build_approval_form(view, county)
    name = "、".join(area[:3]) + (f" 等 {len(area)} 处" if len(area) > 3 else "")
    rows = [
        FormSignature(step.zh, each.name, each.opinion, get_business_day(each.at))
        for step in (CONFIRM, REVIEW)
        for each in approvals
        if each.duty == step.duty
    ]
    rows += [
        FormSignature(step.zh, "", "", None)
        for step in (CONFIRM, REVIEW)
        if all(each.duty != step.duty for each in approvals)
    ]
    waiting = f"还有 {len(view.waiting)} 个村没有办。" if view.waiting else ""
    return msgspec.structs.replace(
        whole,
        title=f"{county}{name}手机和宽带资费减免核实审核表",
        meta=[whole.meta[0], "单位：元", f"范围：{name}", "第1页 共1页"],
        notes=[f"只含{name}的业务；预算由县里按全县安排，拨付以县里的审批表为准。{waiting}"],
        signs=_signature_table(rows[:_MAX_AREA_ROWS]),
    )


def _list_reasons(view: MonthView) -> list[list[Value]]:
    """Return the reductions by reason; the smallest share a row, so that the form fits on one page."""
    rows: list[list[Value]] = [[describe_reasons(row.reasons), row.lines, row.over_fen] for row in view.reasons]
    if len(rows) <= _MAX_REASONS:
        return rows
    rest = view.reasons[_MAX_REASONS - 1 :]
    lines, over_fen = sum(row.lines for row in rest), sum(row.over_fen for row in rest)
    return [*rows[: _MAX_REASONS - 1], [f"其他 {len(rest)} 种", lines, over_fen]]


def _list_adjustments(view: MonthView) -> list[list[Value]]:
    """Return the adjustments of earlier months; the rest after a few share a row, so that the form fits on one page."""
    rows: list[list[Value]] = [
        [
            format_month_zh(row.for_month), get_operator_name(row.operator), row.line, row.settled_fen, row.funded_fen,
            row.adjustment_fen, row.conceded_fen, row.public_fen, row.why,
        ]
        for row in view.adjustments
    ]  # fmt: skip
    if len(rows) <= _MAX_ADJUSTMENTS:
        return rows
    rest = view.adjustments[_MAX_ADJUSTMENTS - 1 :]
    sums = [
        sum(row.adjustment_fen for row in rest),
        sum(row.conceded_fen for row in rest),
        sum(row.public_fen for row in rest),
    ]
    return [*rows[: _MAX_ADJUSTMENTS - 1], [f"其他 {len(rest)} 笔", "", "", "", "", *sums, ""]]


def list_fens(many: int) -> list[Shape]:
    """Return the shape of a sum, `many` times."""
    return ["fen"] * many


def _describe_budget(view: MonthView) -> str:
    """Describe what each tier needs and gets from the budget; the rest is the operator's open claim."""
    budget = "不限" if view.budget_fen is None else yuan(view.budget_fen)
    parts = [f"本月预算：{budget}"]
    for tier in view.tiers:
        name = _NUMERALS[tier.tier - 1] if tier.tier <= len(_NUMERALS) else str(tier.tier)
        got = "（全额安排）" if tier.public_fen == tier.need_fen else f"，安排：{yuan(tier.public_fen)}"
        parts.append(f"{name}档需要：{yuan(tier.need_fen)}{got}")
    short = view.total.unfunded_fen
    parts.append(f"待安排：{yuan(short)}" + ("（列为对运营商的未结款，不向农户收取）" if short else ""))
    return "　".join(parts)


def _signatures(view: MonthView) -> list[FormSignature]:
    """Return the four stages of the form with their officials; an opinion not given before is written by hand."""
    done = {event.state: event for event in view.events if not event.returned}
    reached = list(CycleState).index(view.state)
    stages = (("导入经办", RUN), (CONFIRM.zh, CONFIRM), (REVIEW.zh, REVIEW), (DECIDE.zh, DECIDE))
    rows: list[FormSignature] = []
    for stage, step in stages:
        names = [each.name for each in view.duties if each.duty == step.duty]
        event = done.get(step.after) if list(CycleState).index(step.after) <= reached else None
        shown = "、".join(names[:3]) + (f" 等 {len(names)} 人" if len(names) > 3 else "")
        day = get_business_day(event.at) if event else None
        rows.append(FormSignature(stage, shown if event else "", _describe_opinions(view, step) if event else "", day))
    return rows


def _describe_opinions(view: MonthView, step: MonthStep) -> str:
    """Return what officials wrote with a step that counts: since then the month was in no earlier state."""
    order = list(CycleState)
    at = order.index(step.after)
    since = max((event.at for event in view.events if order.index(event.state) < at), default=None)
    told = [
        (each.by, each.opinion)
        for each in view.opinions
        if each.state is step.after and not each.returned and (since is None or each.at >= since)
    ]
    text = "；".join(opinion if len(told) == 1 else f"{by}：{opinion}" for by, opinion in told)
    return text if len(text) <= _MAX_OPINION_LENGTH else f"{text[:_MAX_OPINION_LENGTH]}……（全文在账期的页面上）"


def _signature_table(rows: Sequence[FormSignature]) -> FormTable:
    return FormTable(
        "各环节（每个环节由不同的人办理）",
        ["环节", "姓名", "意见", "签字", "日期"],
        ["text"] * 5,
        [[row.stage, row.name, row.opinion or BLANK, BLANK, day_zh(row.day) if row.day else ""] for row in rows],
    )


def build_settlement_tables(view: MonthView, lines: Sequence[SettlementLine]) -> list[FormTable]:
    """Build the settlement file of a month: control totals by operator, and every line with its reasons."""
    settlement = view.settlement
    rows: list[list[Value]] = [
        [
            get_operator_name(name), each.rows, each.claimed_fen, each.approved_fen, each.conceded_fen, each.public_fen,
            each.adjustment_rows, each.adjustment_public_fen, each.pay_fen,
        ]
        for name, each in (settlement.operators.items() if settlement else ())
    ]  # fmt: skip
    details: list[list[Value]] = [
        [
            line.line, get_operator_name(line.operator), get_kind_name(line.kind), line.programme, line.payable_days,
            line.entitled_fen, line.claimed_fen, line.over_fen, line.approved_fen, line.conceded_fen, line.public_fen,
            describe_reasons(expand_reasons(line.reasons, line.causes)) or "没有申请", _describe_payment(line),
        ]
        for line in lines
    ]  # fmt: skip
    return [
        make_total_table(
            "拨付汇总",
            ["运营商", "申请行数", "申请金额", "核定金额", "运营商让利（不拨付）", "本月财政补贴", "以前月份调整笔数",
             "调整（财政部分）", "本次拨付"],
            ["text", "count", *list_fens(4), "count", *list_fens(2)],
            rows,
        ),
        make_total_table(
            "明细",
            ["业务编号", "运营商", "业务", "项目", "享受天数", "应补", "申请", "核减", "核定", "让利", "财政补贴",
             "原因", "拨付"],
            ["text", "text", "text", "text", "count", *list_fens(6), "text", "text"],
            details,
        ),
    ]  # fmt: skip


def _describe_payment(line: SettlementLine) -> str:
    if line.blocked:
        return "疑点停付，不拨付"
    if not line.approved_fen:
        return "核定为零"
    return "拨付" if line.public_fen else "没有财政部分"


def describe_settlement(view: MonthView) -> str:
    """Describe the sum to pay, in figures and capitals, and whether it is final."""
    settlement = view.settlement
    pay = settlement.control.pay_fen if settlement else 0
    state = "暂定：" + CYCLE_STATE_NAMES[view.state] if settlement is None or settlement.provisional else "已结算"
    return f"{format_month_zh(view.month)}账期，{state}。本次拨付 {yuan(pay)} 元，大写：{capitals(pay)}。"


def build_quarter_form(quarter: QuarterReport, county: str, months: Sequence[MonthView]) -> PrintedForm:
    """Build the quarter's report (R15), due on the 20th of the next month."""
    order = {"mobile": 0, "broadband": 1, "television": 2, "all": 3}
    detail = [row for row in quarter.rows if row.operator != "total" and row.kind != "all"]
    middle = [row for row in quarter.rows if row.operator != "total" and row.kind == "all"]
    sums = [row for row in quarter.rows if row.operator == "total"]
    rows: list[list[Value]] = [
        [
            get_operator_name(row.operator),
            "小计" if row.kind == "all" and row.operator != "total" else get_kind_name(row.kind),
            row.users, row.new_users, row.households, row.persons, row.conceded_fen, row.public_fen,
            row.cumulative_users, row.cumulative_conceded_fen, row.cumulative_public_fen,
        ]
        for row in [*detail, *middle, *sorted(sums, key=lambda row: order.get(row.kind, 9))]
    ]  # fmt: skip
    whole = next((row for row in sums if row.kind == "all"), None)
    conceded, public = (whole.conceded_fen, whole.public_fen) if whole else (0, 0)
    adjusted = [row for month in months for row in month.adjustments]
    # Who calculated fills in the report: an operator's account that sent a bill has the duty of importing too.
    fillers = sorted({month.run.by for month in months if month.run is not None})
    checkers = sorted({each.name for month in months for each in month.duties if each.duty == Duty.COUNTY})
    year, number = quarter.quarter.split("Q")
    conceded_before = sum(row.conceded_fen for row in adjusted)
    public_before = sum(row.public_fen for row in adjusted)
    return PrintedForm(
        title=f"{county}手机和宽带资费优惠情况季度报表",
        meta=[
            f"报告期：{year}年第{_NUMERALS[int(number) - 1]}季度",
            f"填报单位：{BLANK}",
            "金额单位：元",
            "暂定" if quarter.provisional else "正式",
        ],
        tables=[
            FormTable(
                "按运营商和业务",
                ["运营商", "业务", "惠及用户", "其中新增", "惠及户数", "惠及人口", "让利金额", "财政补贴", "累计用户",
                 "累计让利", "累计补贴"],
                ["text", "text", *_counts(4), *list_fens(2), "count", *list_fens(2)],
                rows,
            )
        ],
        words=[f"让利金额合计（大写）：{capitals(conceded)}", f"财政补贴合计（大写）：{capitals(public)}"],
        notes=[
            "1. 户数、人口的合计不等于分项之和：同一户使用两家运营商或两种业务的，合计只计一次。",
            f"2. {_describe_quarter_state(quarter)}。",
            f"3. 金额含本季度入账的以前月份调整（让利 {yuan(conceded_before)}，财政补贴 {yuan(public_before)}）。",
            f"4. 惠及人口为季末（{day_zh(quarter.last_day)}）在册成员。",
        ],
        signs=FormTable(
            "签字",
            ["填报人", "审核人", "单位负责人", "填报日期"],
            ["text"] * 4,
            [["、".join(fillers[:2]), "、".join(checkers[:2]), BLANK, BLANK]],
        ),
        foot=[f"于{day_zh(quarter.due_on)}前报送"],
    )  # fmt: skip


def _describe_quarter_state(quarter: QuarterReport) -> str:
    state = "各月账期均已关闭，数字为正式数（账期未关闭的标“暂定”）"
    if quarter.provisional:
        state = "有账期没有关闭，数字为暂定数"
    if quarter.began is None:
        return state
    return f"{state}；本县从{format_month_zh(f'{quarter.began:%Y-%m}')}起在本系统结算，本季度只含这个月起的数"


def _counts(many: int) -> list[Shape]:
    return ["count"] * many
