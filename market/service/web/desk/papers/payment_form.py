"""The request for payment (拨付申请) of a settled month, and its voucher, as tables of values."""

from collections.abc import Sequence

from market.kernel.clock import get_business_day
from market.reports.files.voucher import VoucherRow
from market.reports.month_view import MonthView
from market.service.web.desk.papers.forms import BLANK, FormTable, PrintedForm, Value, list_fens, make_total_table
from market.service.web.desk.presenters import get_operator_name
from market.service.web.ui.format import capitals, day_zh, yuan
from market.subsidies.bank_accounts.models import PaidAccount, Transfer
from market.subsidies.clawbacks.set_off import Withheld
from market.subsidies.month.settle import Settlement
from market.subsidies.month.steps import DECIDE, RECONCILE, SETTLE, MonthStep
from market.subsidies.names import format_month_zh
from market.subsidies.reconciliation.settlement_files import SettlementFile

_SIGNERS: tuple[tuple[str, MonthStep], ...] = (("结算经办", SETTLE), ("审定", DECIDE), ("对账", RECONCILE))
_HEAD = [
    "运营商", "申请行数", "申请金额", "核定金额", "运营商让利（不拨付）", "本月财政补贴", "以前月份调整笔数",
    "调整（财政部分）", "本次拨付", "大写",
]  # fmt: skip


def build_payment_form(
    view: MonthView,
    county: str,
    files: Sequence[SettlementFile],
    accounts: Sequence[PaidAccount] = (),
    withheld: Sequence[Withheld] = (),
) -> PrintedForm:
    """Build the request for the public money of a settled month, signed by three different people.

    `accounts` are those that the settlement is paid to; an operator without one has a blank to fill in. `withheld`
    is what clawbacks take of it; then a second table has what is transferred.
    A sum that an operator owes instead of being owed has 负 in its capitals.
    """
    settlement = view.settlement
    assert settlement is not None, "a settled month has a settlement"
    month, pay = format_month_zh(view.month), settlement.control.pay_fen
    rows: list[list[Value]] = [
        [
            get_operator_name(name), each.rows, each.claimed_fen, each.approved_fen, each.conceded_fen, each.public_fen,
            each.adjustment_rows, each.adjustment_public_fen, each.pay_fen, capitals(each.pay_fen),
        ]
        for name, each in settlement.operators.items()
    ]  # fmt: skip
    head = [*_HEAD[:-2], "本次应拨" if withheld else _HEAD[-2], _HEAD[-1]]
    table = make_total_table("按运营商", head, ["text", "count", *list_fens(4), "count", *list_fens(2), "text"], rows)
    if table.foot is not None:
        table.foot[-1] = capitals(pay)
    taken = sum(each.set_off_fen for each in withheld)
    less = f"，抵扣应退回的以后实际拨付 {yuan(pay - taken)} 元" if withheld else ""
    adjustments = sum(each.adjustment_rows for each in settlement.operators.values())
    paid_to = {each.operator: f"{each.holder}，{each.bank}，尾号 {each.tail}" for each in accounts}
    payees = "　".join(f"{get_operator_name(name)}：{paid_to.get(name, BLANK)}" for name in settlement.operators)
    settled = next(
        (event.at for event in reversed(view.events) if event.state is SETTLE.after and not event.returned), None
    )
    annexes = [f"{month}审批表", "结算文件", *([f"调整明细 {adjustments} 笔"] if adjustments else [])]
    return PrintedForm(
        title="手机和宽带资费减免财政补贴拨付申请",
        meta=[f"{county}财政部门：", f"编号：{view.county}-{view.month}"],
        tables=[table, *([_build_withheld_table(settlement, withheld)] if withheld else [])],
        words=[f"{month}账期已审定，申请拨付财政补贴 {yuan(pay)} 元{less}，大写：{capitals(pay - taken)}。"],
        notes=[
            f"收款账户：按各运营商合同所列对公账户。{payees}",
            f"控制数：行数 {settlement.control.rows}，金额 {yuan(pay)}",
            "附件：" + "；".join(f"{number}. {name}" for number, name in enumerate(annexes, 1)) + "。",
            f"申请日期：{day_zh(settled) if settled else BLANK}",
        ],
        signs=FormTable(
            "签字（三人不得为同一人）",
            ["环节", "姓名", "签字", "日期"],
            ["text"] * 4,
            [[stage, *_sign(view, step)] for stage, step in _SIGNERS],
        ),
        foot=[
            f"{each.name_zh}结算文件：{each.rows} 行，{yuan(each.sum_fen)} 元，SHA-256：{each.sha256}" for each in files
        ],
    )


def _build_withheld_table(settlement: Settlement, withheld: Sequence[Withheld]) -> FormTable:
    """Build the table of what is transferred: what is due, less what is set off, and less what is below zero."""
    taken = {each.operator: each for each in withheld}
    rows: list[list[Value]] = []
    for name, each in settlement.operators.items():
        own = taken.get(name)
        set_off, recovered = (own.set_off_fen, own.recovered_fen) if own else (0, 0)
        rows.append([get_operator_name(name), each.pay_fen, recovered, recovered - set_off, each.pay_fen - set_off])
    head = ["运营商", "本次应拨", "抵扣应退回的", "不够扣，记为应收", "实际拨付"]
    return make_total_table("抵扣和实际拨付", head, ["text", *list_fens(4)], rows)


def _sign(view: MonthView, step: MonthStep) -> list[Value]:
    """Return name, signature and day of a step; blank if it is not taken."""
    event = next((each for each in reversed(view.events) if each.state is step.after and not each.returned), None)
    return [event.by if event else BLANK, BLANK, day_zh(get_business_day(event.at)) if event else ""]


def build_voucher_table(rows: Sequence[VoucherRow]) -> FormTable:
    """Build the voucher: date, summary, code and name of the account, debit and credit in yuan, equal sums."""
    cells: list[list[Value]] = [
        [
            each.day.isoformat(), each.summary, each.code, each.account,
            each.debit_fen or None, each.credit_fen or None,
        ]
        for each in rows
    ]  # fmt: skip
    return make_total_table(
        "记账凭证",
        ["日期", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额"],
        ["text", "text", "text", "text", "fen", "fen"],
        cells,
    )


def build_transfer_table(transfers: Sequence[Transfer], month: str) -> FormTable:
    """Build the list of transfers of a settled month for the bank, with full account numbers."""
    cells: list[list[Value]] = [
        [
            get_operator_name(each.operator), each.holder, each.bank, each.number, each.fen,
            f"{format_month_zh(month)}手机和宽带资费减免",
        ]
        for each in transfers
    ]  # fmt: skip
    return make_total_table(
        "付款清单",
        ["运营商", "户名", "开户行", "账号", "金额", "用途"],
        ["text", "text", "text", "text", "fen", "text"],
        cells,
    )
