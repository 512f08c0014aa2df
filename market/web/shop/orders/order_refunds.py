"""What the page of an order says about money that goes back to the buyer."""

from market.orders.models import SuborderKind
from market.orders.queries import OrderView
from market.web.ui.format import yuan


def describe_refunds(order: OrderView) -> str:
    """Describe what was paid, what is to be refunded, and how much of it has arrived."""
    total, refunded, arrived = order.total_fen, order.refunded_fen, order.refund_arrived_fen
    if arrived >= refunded:
        rest = "全退了" if refunded == total else f"您实际付 {yuan(total - refunded)} 元"
        return f"付了 {yuan(total)} 元，退了 {yuan(refunded)} 元，{rest}。"
    failed = min(order.refund_failed_fen, refunded - arrived)
    words = [f"付了 {yuan(total)} 元，要退 {yuan(refunded)} 元"]
    words += [f"已经到账 {yuan(arrived)} 元"] if arrived else []
    words += [f"没有到账 {yuan(failed)} 元"] if failed else []
    words += [f"正在退 {yuan(refunded - arrived - failed)} 元"] if refunded - arrived - failed else []
    return "，".join(words) + "。"


def list_problem_notes(order: OrderView) -> list[tuple[str, str, str]]:
    """Return notes about money that went wrong: they stay until it is repaired."""
    notes: list[tuple[str, str, str]] = []
    if order.refund_failed_fen:
        amount = yuan(order.refund_failed_fen)
        notes.append(("warn", "退款没有到账，我们在处理", f"{amount} 元没有退到您的账户。我们会再退，您不用再申请。"))
    if order.refund_requested_fen:
        amount = yuan(order.refund_requested_fen)
        # Nobody decided yet, and it may lapse (ADR 47): who waits for it may miss the time of a claim.
        text = f"卖家想退您 {amount} 元，数目大，要另一个人同意，还没有定。"
        if any(each.kind is SuborderKind.GOODS for each in order.suborders):
            text += "东西坏了，坏果包赔照样申请，别等过了时间。"
        notes.append(("", "退款还没有定", text))
    if order.disputed:
        text = "您向银行提出的异议还没有结果。有结果以前，钱不给卖家，也不能取消。"
        notes.append(("", "这笔付款有异议，正在处理", text))
    return notes
