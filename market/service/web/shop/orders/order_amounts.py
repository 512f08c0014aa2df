"""The amounts of an order's page: of each suborder, and of the order."""

from market.catalogue.listings.units import get_count_word
from market.kernel.language import say
from market.sales.orders.checkout.pricing import PriceBasis
from market.sales.orders.line_views import LineView
from market.sales.orders.models import OrderState, SuborderKind
from market.sales.orders.queries import OrderView, SuborderView
from market.service.web.shop.promises import WEIGHED_LATER
from market.service.web.ui.format import weight, yuan


def _get_reduction(line: LineView) -> int:
    """Return what a coupon that the producer bears took off a line; the share of a package has only been rounded."""
    return 0 if line.price_basis is PriceBasis.PACKAGE else line.reduction_fen


def _sum_reductions(suborder: SuborderView) -> int:
    return sum(_get_reduction(line) for line in suborder.lines)


def _describe_weight(line: LineView) -> str:
    """Return that a line is weighed later, or its weight and its price."""
    if line.weighed_g is None or line.final_fen is None:
        return say("，{0}", WEIGHED_LATER) if line.ceiling_g is not None else ""
    return say("，称了 {0}，合 {1} 元", weight(line.weighed_g), yuan(line.final_fen))


def list_suborder_amounts(suborder: SuborderView) -> list[tuple[str, int] | tuple[str, int, str, str]]:
    """Return the amounts of a suborder; each line links to what was bought, so that it can be bought again."""
    word = say("间") if suborder.kind is SuborderKind.STAY else ""
    path = "/stays" if suborder.kind is SuborderKind.STAY else "/goods"
    rows: list[tuple[str, int] | tuple[str, int, str, str]] = [
        (
            f"{line.title} × {line.quantity} {say(word or get_count_word(line.unit))}{_describe_weight(line)}",
            int(line.amount_fen + _get_reduction(line)),
            "",
            f"{path}/{line.listing_number}",
        )
        for line in suborder.lines
    ]
    rest = [(say("店家的券"), -_sum_reductions(suborder)), (say("运费"), int(suborder.freight_fen))]
    rest += [(say("平台优惠"), -suborder.discount_fen), (say("退款"), -suborder.refunded_fen)]
    return rows + [(words, fen) for words, fen in rest if fen]


def list_order_amounts(order: OrderView) -> list[tuple[str, int]]:
    """Return the amounts of an order, which add up to its total."""
    goods = any(suborder.kind is SuborderKind.GOODS for suborder in order.suborders)
    others = any(suborder.kind is not SuborderKind.GOODS for suborder in order.suborders)
    reduction = sum(_sum_reductions(suborder) for suborder in order.suborders)
    rows = [
        (say("货和住") if goods and others else say("货") if goods else say("住的、玩的"), order.goods_fen + reduction)
    ]
    rest = ((say("店家的券"), -reduction), (say("运费"), order.freight_fen), (say("平台优惠"), -order.discount_fen))
    rows += [(words, int(fen)) for words, fen in rest if fen]
    if order.state is OrderState.DEPOSITED and order.deposit is not None:
        rows.append((say("订金付了"), -int(order.deposit.deposit_fen)))
    return rows
