"""What the page of an order says about money that goes back to the buyer."""

from market.kernel.language import say
from market.sales.orders.models import SuborderKind
from market.sales.orders.queries import OrderView
from market.service.web.ui.format import yuan


def describe_refunds(order: OrderView) -> str:
    """Describe what was paid, what is to be refunded, and how much of it has arrived."""
    total, refunded, arrived = order.total_fen, order.refunded_fen, order.refund_arrived_fen
    if arrived >= refunded:
        rest = say("全退了") if refunded == total else say("您实际付 {0} 元", yuan(total - refunded))
        return say("付了 {0} 元，退了 {1} 元，{2}。", yuan(total), yuan(refunded), rest)
    failed = min(order.refund_failed_fen, refunded - arrived)
    words = [say("付了 {0} 元，要退 {1} 元", yuan(total), yuan(refunded))]
    words += [say("已经到账 {0} 元", yuan(arrived))] if arrived else []
    words += [say("没有到账 {0} 元", yuan(failed))] if failed else []
    words += [say("正在退 {0} 元", yuan(refunded - arrived - failed))] if refunded - arrived - failed else []
    return say("，").join(words) + say("。")


def list_problem_notes(order: OrderView) -> list[tuple[str, str, str]]:
    """Return notes about money that went wrong: they stay until it is repaired."""
    notes: list[tuple[str, str, str]] = []
    if order.refund_failed_fen:
        amount = yuan(order.refund_failed_fen)
        notes.append(
            ("warn", say("退款没有到账，我们在处理"), say("{0} 元没有退到您的账户。我们会再退，您不用再申请。", amount))
        )
    if order.refund_requested_fen:
        amount = yuan(order.refund_requested_fen)
        # Nobody decided yet, and it may lapse (ADR 47): who waits for it may miss the time of a claim.
        text = say("卖家想退您 {0} 元，数目大，要另一个人同意，还没有定。", amount)
        if any(each.kind is SuborderKind.GOODS for each in order.suborders):
            text += say("东西坏了，坏果包赔照样申请，别等过了时间。")
        notes.append(("", say("退款还没有定"), text))
    if order.disputed:
        text = say("您向银行提出的异议还没有结果。有结果以前，钱不给卖家，也不能取消。")
        notes.append(("", say("这笔付款有异议，正在处理"), text))
    return notes
