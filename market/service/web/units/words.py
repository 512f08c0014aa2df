"""What people read about a purchase: its state, who is next, what is due."""

from datetime import date

from market.kernel.clock import get_business_day
from market.sales.procurement.models import (
    CheckItem,
    CountedEntry,
    Purchase,
    PurchaseDetail,
    PurchaseState,
    PurchaseStep,
    YearBook,
)
from market.service.web.ui.format import clock_zh, day_zh, yuan

STATE_NAMES = {
    PurchaseState.REQUESTED: "等单位审批",
    PurchaseState.APPROVED: "等卖家签合同",
    PurchaseState.CONTRACTED: "签了合同，等送货",
    PurchaseState.DELIVERED: "送到了，等验收",
    PurchaseState.ACCEPTED: "验收了，等发票",
    PurchaseState.INVOICED: "等对公付款",
    PurchaseState.PAID: "付清了",
    PurchaseState.ENDED: "了结了，没有成交",
}
CHECK_NAMES = {CheckItem.TECHNICAL: "规格和质量", CheckItem.SERVICE: "送货和服务", CheckItem.SAFETY: "安全和检验证明"}
_SMALL_FIRMS = (
    (date(2025, 6, 1), "保障中小企业款项支付条例（国务院令第802号）"),
    (date(2020, 9, 1), "保障中小企业款项支付条例（国务院令第728号）"),
)


def describe_state(purchase: Purchase) -> str:
    """Return how far a purchase is."""
    if purchase.lapsed:
        return "过期或取消了，没有成交"
    waits = "，等卖家开红字发票" if purchase.reducible_fen else ""
    returned = f"，后来退了 {yuan(purchase.returned_fen)} 元" if purchase.returned_fen else ""
    return f"{STATE_NAMES[purchase.state]}{returned}{waits}"


def describe_due(purchase: Purchase, today: date) -> str:
    """Return until when a purchase is to be accepted, paid, or its red-letter invoice issued, and how late it is."""
    if purchase.reduce_due_on is not None:
        day, done = purchase.reduce_due_on, "开红字发票"
    elif purchase.due_on is not None and purchase.paid_at is None:
        day, done = purchase.due_on, "付"
    elif purchase.accept_due_on is not None:
        day, done = purchase.accept_due_on, "验收"
    else:
        return ""
    late = (today - day).days
    words = f"{day_zh(day)}前{done}"
    return f"{words}，过了 {late} 天" if late > 0 else words


def describe_transferred(purchase: Purchase) -> str:
    """Return what the bank received for a purchase that pays nothing yet, and how it goes on; else nothing."""
    if not purchase.waiting_fen:
        return ""
    words = f"到账 {yuan(purchase.waiting_fen)} 元"
    if purchase.paid_at is not None:
        return f"付清以后又{words}，平台原路退回"
    if purchase.invoiced_at is None or purchase.accepted_fen is None:
        return f"{words}，卖家记了发票再对账"
    left = purchase.accepted_fen - purchase.waiting_fen
    return f"{words}，还差 {yuan(left)} 元" if left > 0 else f"{words}，多了 {yuan(-left)} 元，平台会联系，原路退回"


def describe_terms(purchase: Purchase) -> str:
    """Return when the unit pays, with the regulation that was in force on the day of the contract."""
    day = (purchase.signed_at or purchase.requested_at).date()
    source = next((name for since, name in _SMALL_FIRMS if day >= since), "")
    words = f"验收合格之日起 {purchase.payment_days} 天内，对公转账付清"
    return f"{words}；{source}：一般 30 天内，合同另约的最长 60 天。" if source else f"{words}。"


def describe_count(purchase: Purchase) -> str:
    """Return whether a purchase counts, and why."""
    names = {"national": "国家级", "provincial": "省级"}
    if purchase.list is None:
        return "卖家的县下单那天不在脱贫县名单上，不计入预留份额。"
    return f"卖家的县下单那天在{names[purchase.list]}脱贫县名单上，计入 {purchase.year} 年的预留份额。"


def list_history(detail: PurchaseDetail) -> list[tuple[str, str, str]]:
    """Return the steps of a purchase: (words, state, when and who)."""
    p = detail.purchase
    done = [
        ("申请", p.requested_at, p.requester),
        ("审批", p.approved_at, p.approver),
        ("签合同", p.signed_at, p.signer),
        ("送货", p.delivered_at, p.seller),
        ("验收", p.accepted_at, p.acceptor),
        ("开发票", p.invoiced_at, p.seller),
        ("付款", p.paid_at, p.unit),
    ]
    rows: list[tuple[str, str, str]] = []
    for words, at, who in done:
        if at is not None:
            rows.append((words, "done", f"{clock_zh(at)}，{who}"))
        elif p.ended_at is not None or p.lapsed:
            break
        else:
            rows.append((words, "now" if all(row[1] == "done" for row in rows) else "todo", ""))
    rows += [
        ("红字发票", "done", f"{day_zh(each.issued_on)}，{each.number}，冲 {yuan(each.fen)} 元")
        for each in detail.red_letters
    ]
    if p.reducible_fen:
        rows.append(("红字发票", "now", f"{yuan(p.reducible_fen)} 元"))
    if p.ended_at is not None:
        rows.append(("了结", "done", f"{clock_zh(p.ended_at)}，{p.reason}"))
    return rows


def describe_purchase(purchase: Purchase, today: date, *, seller: bool = False) -> tuple[str, list[str]]:
    """Return the title and the lines of a purchase in a list."""
    amount = purchase.accepted_fen if purchase.accepted_fen is not None else purchase.ordered_fen
    due = describe_due(purchase, today)
    lines = [
        f"采购单 {purchase.number}，{yuan(amount)} 元",
        describe_state(purchase) + (f"，{due}" if due else ""),
    ]
    if purchase.list is None:
        lines.append("不计入预留份额")
    return (purchase.unit if seller else purchase.seller), lines


def list_book_figures(book: YearBook) -> list[tuple[str, int]]:
    """Return the rows of a year's book: what counts first."""
    waiting = book.committed_fen - book.restored_fen - book.accepted_fen
    unpaid = book.accepted_fen + book.platform_fen - book.spent_fen - book.returned_fen
    rows = [
        ("签了合同、还没验收", waiting),
        ("验收了、还没付", unpaid),
        ("没验收退回、没成交的", book.restored_fen),
        ("付清后又退的", book.returned_fen),
        ("其中 832 平台买的", book.platform_fen),
    ]
    return [each for each in rows if each[1]]


def describe_counted(entry: CountedEntry) -> tuple[str, list[str]]:
    """Return what a part of the year's figure is: the sum, where it was bought, from whom."""
    where = (
        f"采购单 {entry.number}"
        if entry.number
        else f"832 平台 {entry.order_number} 第 {entry.line_number} 行，{entry.product}"
    )
    words = f"{yuan(entry.fen)} 元" if entry.fen > 0 else f"退了 {yuan(-entry.fen)} 元"
    return words, [where, f"{entry.seller}，{day_zh(get_business_day(entry.at))}记的"]


def describe_left(book: YearBook) -> str:
    """Return how far the unit is with its quota."""
    if book.quota_fen is None:
        return "还没有填这一年的预留份额"
    left = book.quota_fen - book.spent_fen
    return f"还差 {yuan(left)} 元" if left > 0 else "这一年的份额买够了"


_STEPS = {
    PurchaseState.REQUESTED: PurchaseStep.APPROVE,
    PurchaseState.APPROVED: PurchaseStep.SIGN,
    PurchaseState.CONTRACTED: PurchaseStep.DELIVER,
    PurchaseState.DELIVERED: PurchaseStep.ACCEPT,
    PurchaseState.ACCEPTED: PurchaseStep.INVOICE,
}
SELLER_STEPS = frozenset({PurchaseStep.SIGN, PurchaseStep.DELIVER, PurchaseStep.INVOICE, PurchaseStep.REDUCE})
"""The steps of the seller; the others are the unit's."""


def find_next_step(purchase: Purchase) -> PurchaseStep | None:
    """Return what is done next: the step of the state, or the red-letter invoice for what came back."""
    return PurchaseStep.REDUCE if purchase.reducible_fen else _STEPS.get(purchase.state)
