"""The papers of a month and a quarter as tables of values, printed by a page and written into a workbook alike."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from msgspec import Struct

from market.kernel.clock import day_of
from market.reports.desk.lines import SettlementLine
from market.reports.desk.reasons import reason_words, told_reasons
from market.reports.desk.view import MonthView
from market.reports.subsidies.quarter import Quarter
from market.subsidies.models import STATE_NAMES, Duty, State
from market.web.desk.drawn import kind_of, month_words, operator_of
from market.web.look.format import capitals, day_zh, yuan

type Value = str | int | None
type Shape = Literal["text", "count", "fen"]

_MOST_REASONS = 6
_MOST_ADJUSTMENTS = 6
_NUMERALS = "一二三四五六七八九十"


class Table(Struct, frozen=True):
    """A table: what each column holds, its rows, and the row that closes it (none where nothing is added up)."""

    title: str
    head: list[str]
    shapes: list[Shape]
    rows: list[list[Value]]
    foot: list[Value] | None = None


class Paper(Struct, frozen=True):
    """A paper to sign: title, lines above and below its tables."""

    title: str
    meta: list[str]
    tables: list[Table]
    words: list[str]
    notes: list[str]
    signs: Table
    foot: list[str]


class Signature(Struct, frozen=True):
    """Who took a stage, and when."""

    stage: str
    name: str
    opinion: str
    day: date | None


def _sum_row(first: str, rows: Sequence[Sequence[Value]], shapes: Sequence[Shape]) -> list[Value]:
    foot: list[Value] = [first]
    for at, shape in enumerate(shapes[1:], 1):
        foot.append("" if shape == "text" else sum(value for row in rows if isinstance(value := row[at], int)))
    return foot


def _closed(
    title: str, head: list[str], shapes: list[Shape], rows: list[list[Value]], *, blank: Sequence[int] = ()
) -> Table:
    """Close a table with the sums of its rows; columns of `blank` are not added up."""
    foot = _sum_row("合计", rows, shapes)
    for at in blank:
        foot[at] = ""
    return Table(title, head, shapes, rows, foot if rows else None)


def approval_paper(view: MonthView, county: str) -> Paper:
    """Make the approval sheet (审批表) of a month."""
    operators: list[list[Value]] = [
        [
            operator_of(row.operator), row.lines, row.claims, row.entitled_fen, row.claimed_fen, row.over_fen,
            row.under_fen, row.approved_fen, row.conceded_fen, row.public_fen, row.unfunded_fen,
        ]
        for row in view.operators
    ]  # fmt: skip
    reasons = _few_reasons(view)
    adjustments = _few_adjustments(view)
    tables = [
        _closed(
            "按运营商",
            ["运营商", "业务数", "申请数", "应补", "申请", "核减", "少报", "核定", "运营商让利", "财政补贴", "待安排"],
            ["text", "count", "count", *_fens(8)],
            operators,
        ),
        _closed("核减原因", ["原因", "业务数", "金额"], ["text", "count", "fen"], reasons),
        _closed(
            "本月入账的以前月份调整",
            ["所属月", "运营商", "业务编号", "原落实", "重算", "调整", "其中让利", "其中财政", "事由"],
            ["text", "text", "text", *_fens(5), "text"],
            adjustments,
            blank=(3, 4),
        ),
    ]
    total = view.total
    run = view.run
    return Paper(
        title=f"{county}手机和宽带资费减免审批表",
        meta=[f"账期：{month_words(view.month)}", "单位：元", f"编号：{view.county}-{view.month}", "第1页 共1页"],
        tables=tables,
        words=[
            f"核定合计（大写）：{capitals(total.approved_fen)}",
            f"财政补贴合计（大写）：{capitals(total.public_fen)}",
        ],
        notes=[_budget_words(view)],
        signs=_signs(_signatures(view)),
        foot=[
            f"输入清单号 manifest_sha256：{run.manifest_sha256 if run else '还没有计算'}",
            f"结果号 result_sha256：{run.result_sha256 if run else '还没有计算'}",
        ],
    )


def _few_reasons(view: MonthView) -> list[list[Value]]:
    """Return why claims were reduced, the small reasons in one row: the sheet is one page, the month's has them all."""
    rows: list[list[Value]] = [[reason_words(row.reasons), row.lines, row.over_fen] for row in view.reasons]
    if len(rows) <= _MOST_REASONS:
        return rows
    rest = view.reasons[_MOST_REASONS - 1 :]
    lines, over_fen = sum(row.lines for row in rest), sum(row.over_fen for row in rest)
    return [*rows[: _MOST_REASONS - 1], [f"其他 {len(rest)} 种", lines, over_fen]]


def _few_adjustments(view: MonthView) -> list[list[Value]]:
    """Return what is adjusted of earlier months, beyond some in one row, for the same reason."""
    rows: list[list[Value]] = [
        [
            row.for_month, operator_of(row.operator), row.line, row.settled_fen, row.funded_fen, row.adjustment_fen,
            row.conceded_fen, row.public_fen, row.why,
        ]
        for row in view.adjustments
    ]  # fmt: skip
    if len(rows) <= _MOST_ADJUSTMENTS:
        return rows
    rest = view.adjustments[_MOST_ADJUSTMENTS - 1 :]
    sums = [
        sum(row.adjustment_fen for row in rest),
        sum(row.conceded_fen for row in rest),
        sum(row.public_fen for row in rest),
    ]
    return [*rows[: _MOST_ADJUSTMENTS - 1], [f"其他 {len(rest)} 笔", "", "", "", "", *sums, ""]]


def _fens(many: int) -> list[Shape]:
    return ["fen"] * many


def _budget_words(view: MonthView) -> str:
    """Say what each tier needed of the budget and got; what is not covered is the operator's open claim."""
    budget = "不限" if view.budget_fen is None else yuan(view.budget_fen)
    parts = [f"本月预算：{budget}"]
    for tier in view.tiers:
        name = _NUMERALS[tier.tier - 1] if tier.tier <= len(_NUMERALS) else str(tier.tier)
        got = "全额安排" if tier.public_fen == tier.need_fen else f"安排 {yuan(tier.public_fen)}"
        parts.append(f"{name}档需要：{yuan(tier.need_fen)}（{got}）")
    short = view.total.unfunded_fen
    parts.append(f"待安排：{yuan(short)}" + ("（列为对运营商的未结款，不向农户收取）" if short else ""))
    return "　".join(parts)


def _signatures(view: MonthView) -> list[Signature]:
    """Return the four stages of the sheet, with who took them; what is not done yet stays blank."""
    done = {event.state: event for event in view.events}
    reached = list(State).index(view.state)
    stages = (
        ("导入经办", Duty.IMPORT, State.CALCULATED, "账单和清单校验一致"),
        ("村级评议核实", Duty.VILLAGE, State.CONFIRMED, "属实"),
        ("乡镇审核", Duty.TOWNSHIP, State.REVIEWED, f"同意，疑点 {len(view.findings)} 件已核"),
        ("县级审定", Duty.COUNTY, State.DECIDED, "同意按预算安排"),
    )
    rows: list[Signature] = []
    for stage, duty, state, opinion in stages:
        names = [each.name for each in view.duties if each.duty == duty]
        event = done.get(state) if list(State).index(state) <= reached else None
        shown = "、".join(names[:3]) + (f" 等 {len(names)} 人" if len(names) > 3 else "")  # noqa: PLR2004 - three fit
        rows.append(
            Signature(stage, shown if event else "", opinion if event else "", day_of(event.at) if event else None)
        )
    return rows


def _signs(rows: Sequence[Signature]) -> Table:
    return Table(
        "各环节（每个环节由不同的人办理）",
        ["环节", "姓名", "意见", "签字", "日期"],
        ["text"] * 5,
        [[row.stage, row.name, row.opinion, "　" * 8, day_zh(row.day) if row.day else ""] for row in rows],
    )


def settlement_tables(view: MonthView, lines: Sequence[SettlementLine]) -> list[Table]:
    """Make the settlement file of a month: control totals by operator, and every line with its reasons."""
    settlement = view.settlement
    rows: list[list[Value]] = [
        [
            operator_of(name), each.rows, each.claimed_fen, each.approved_fen, each.conceded_fen, each.public_fen,
            each.adjustment_rows, each.adjustment_public_fen, each.pay_fen,
        ]
        for name, each in (settlement.operators.items() if settlement else ())
    ]  # fmt: skip
    details: list[list[Value]] = [
        [
            line.line, operator_of(line.operator), kind_of(line.kind), line.programme, line.payable_days,
            line.entitled_fen, line.claimed_fen, line.over_fen, line.approved_fen, line.conceded_fen, line.public_fen,
            reason_words(told_reasons(line.reasons, line)) or "没有申请", _pay_words(line),
        ]
        for line in lines
    ]  # fmt: skip
    return [
        _closed(
            "拨付汇总",
            ["运营商", "申请行数", "申请金额", "核定金额", "运营商让利（不拨付）", "本月财政补贴", "以前月份调整笔数",
             "调整（财政部分）", "本次拨付"],
            ["text", "count", *_fens(4), "count", *_fens(2)],
            rows,
        ),
        _closed(
            "明细",
            ["业务编号", "运营商", "业务", "项目", "享受天数", "应补", "申请", "核减", "核定", "让利", "财政补贴",
             "原因", "拨付"],
            ["text", "text", "text", "text", "count", *_fens(6), "text", "text"],
            details,
        ),
    ]  # fmt: skip


def _pay_words(line: SettlementLine) -> str:
    if line.held:
        return "疑点未了，不拨付"
    if not line.approved_fen:
        return "核定为零"
    return "拨付" if line.public_fen else "没有财政部分"


def settlement_words(view: MonthView) -> str:
    """Say what is paid in figures and in capitals, and whether it is final."""
    settlement = view.settlement
    pay = settlement.control.pay_fen if settlement else 0
    state = "暂定：" + STATE_NAMES[view.state] if settlement is None or settlement.provisional else "已结算"
    return f"{month_words(view.month)}账期，{state}。本次拨付 {yuan(pay)} 元，大写：{capitals(pay)}。"


def quarter_paper(quarter: Quarter, county: str, months: Sequence[MonthView]) -> Paper:
    """Make the quarter's report (R15), due on the 20th of the next month."""
    order = {"mobile": 0, "broadband": 1, "television": 2, "all": 3}
    detail = [row for row in quarter.rows if row.operator != "total" and row.kind != "all"]
    middle = [row for row in quarter.rows if row.operator != "total" and row.kind == "all"]
    sums = [row for row in quarter.rows if row.operator == "total"]
    rows: list[list[Value]] = [
        [
            operator_of(row.operator), "小计" if row.kind == "all" and row.operator != "total" else kind_of(row.kind),
            row.users, row.new_users, row.households, row.persons, row.conceded_fen, row.public_fen,
            row.cumulative_users, row.cumulative_conceded_fen, row.cumulative_public_fen,
        ]
        for row in [*detail, *middle, *sorted(sums, key=lambda row: order.get(row.kind, 9))]
    ]  # fmt: skip
    whole = next((row for row in sums if row.kind == "all"), None)
    conceded, public = (whole.conceded_fen, whole.public_fen) if whole else (0, 0)
    adjusted = [row for month in months for row in month.adjustments]
    duties = [each for month in months for each in month.duties]
    names = {duty: sorted({each.name for each in duties if each.duty == duty}) for duty in (Duty.IMPORT, Duty.COUNTY)}
    state = "各月账期均已关账，数字为正式数" if not quarter.provisional else "有账期没有关账，数字为暂定数"
    year, number = quarter.quarter.split("Q")
    conceded_before = sum(row.conceded_fen for row in adjusted)
    public_before = sum(row.public_fen for row in adjusted)
    return Paper(
        title=f"{county}手机和宽带资费优惠情况季度报表",
        meta=[
            f"报告期：{year}年第{_NUMERALS[int(number) - 1]}季度",
            "单位：元",
            "暂定" if quarter.provisional else "正式",
        ],
        tables=[
            Table(
                "按运营商和业务",
                ["运营商", "业务", "惠及用户", "其中新增", "惠及户数", "惠及人口", "让利金额", "财政补贴", "累计用户",
                 "累计让利", "累计补贴"],
                ["text", "text", *_counts(4), *_fens(2), "count", *_fens(2)],
                rows,
            )
        ],
        words=[f"让利金额合计（大写）：{capitals(conceded)}", f"财政补贴合计（大写）：{capitals(public)}"],
        notes=[
            "1. 户数、人口的合计不等于分项之和：同一户用两家运营商或两种业务的，合计只计一次。",
            f"2. {state}。",
            f"3. 金额含本季度入账的以前月份调整（让利 {yuan(conceded_before)}，财政补贴 {yuan(public_before)}）。",
            "4. 惠及人口为季末在册成员。",
        ],
        signs=Table(
            "签字",
            ["填报人", "审核人", "单位负责人", "填报日期"],
            ["text"] * 4,
            [["、".join(names[Duty.IMPORT][:2]), "、".join(names[Duty.COUNTY][:2]), "", ""]],
        ),
        foot=[f"于{day_zh(quarter.due_on)}前报送"],
    )  # fmt: skip


def _counts(many: int) -> list[Shape]:
    return ["count"] * many
