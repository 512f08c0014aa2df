"""Orders: requested lines and nights, states and transitions, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.models import SlotId
from market.kernel import Fen, Refusal
from payments.errors import AlreadyPaid

OrderId = NewType("OrderId", UUID)
SuborderId = NewType("SuborderId", UUID)
LineId = NewType("LineId", UUID)
VariantId = NewType("VariantId", UUID)
ListingId = NewType("ListingId", UUID)

MAX_LINES = 100
MAX_STAYS = 5
"""The maximum number of stays that a buyer chooses for one order."""
MAX_QUANTITY = 9_999
MAX_ROOMS = 20
MAX_NIGHTS = 30
MAX_DAYS_AHEAD = 365
"""How far ahead nights can be booked."""

# What one buyer may hold in unpaid orders, so that nobody can empty a shop without paying.
MAX_UNPAID_ORDERS = 50
MAX_UNPAID_FEN = 100_000_00
"""The maximum total of a buyer's unpaid orders, and so of one order."""
MAX_UNPAID_ITEMS = 2_000
"""The maximum sum of the quantities in a buyer's unpaid orders."""
MAX_UNPAID_NIGHTS = 60
"""The maximum number of nights of rooms in a buyer's unpaid orders: 20 rooms for three nights, or two for a month."""
LOT_SHARES = 2
"""A buyer's unpaid orders hold at most one of so many equal shares of a lot's unsold units, or of a slot's places."""
FREE_LOT_UNITS = 100
"""Units of a lot that a buyer may hold whatever their share is, so that small lots can be bought whole."""
MAX_LAPSED = timedelta(minutes=150)
"""A buyer whose orders ended unpaid, and held their goods for so long in all within `LAPSE_WINDOW`, waits.

Of one order at most `MAX_LAPSE_COUNTED` counts. Without the sum, who cancels just before a limit holds goods for ever.
"""
MAX_LAPSE_COUNTED = timedelta(minutes=30)
LAPSE_WINDOW = timedelta(hours=24)


class OrderState(StrEnum):
    """The state of an order; of one that is paid in two parts, `deposited` until its balance is paid."""

    PLACED = "placed"
    DEPOSITED = "deposited"
    PAID = "paid"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PaymentTerms(StrEnum):
    """How an order is paid: before it is sent, or after acceptance; such an order is a contract once it is signed."""

    PREPAID = "prepaid"
    REQUESTED = "requested"
    CONTRACT = "contract"


class SuborderState(StrEnum):
    """The state of a suborder, one producer's part of an order."""

    PLACED = "placed"
    DEPOSITED = "deposited"
    PAID = "paid"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SuborderKind(StrEnum):
    """The kind of a suborder: a parcel, a stay, or an activity."""

    GOODS = "goods"
    STAY = "stay"
    ACTIVITY = "activity"


_O, _S = OrderState, SuborderState
ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    _O.PLACED: frozenset({_O.DEPOSITED, _O.PAID, _O.CANCELLED, _O.EXPIRED}),
    _O.DEPOSITED: frozenset({_O.PAID, _O.CANCELLED}),
    _O.PAID: frozenset({_O.FINISHED, _O.CANCELLED}),
    _O.FINISHED: frozenset(),
    _O.CANCELLED: frozenset(),
    _O.EXPIRED: frozenset({_O.DEPOSITED, _O.PAID}),
}
"""The allowed transitions; an expired order is paid only if its payment arrives late and its goods are available."""

SUBORDER_MOVES: dict[SuborderState, frozenset[SuborderState]] = {
    _S.PLACED: frozenset({_S.DEPOSITED, _S.PAID, _S.CANCELLED, _S.EXPIRED}),
    _S.DEPOSITED: frozenset({_S.PAID, _S.CANCELLED}),
    _S.PAID: frozenset({_S.SHIPPED, _S.RECEIVED, _S.CANCELLED}),
    _S.SHIPPED: frozenset({_S.RECEIVED, _S.CANCELLED}),
    _S.RECEIVED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset({_S.DEPOSITED, _S.PAID}),
}
"""The allowed transitions; stays and activities are received on arrival, without being shipped.

A shipped parcel is cancelled only if it was lost.
"""


class Line(Struct, frozen=True, omit_defaults=True):
    """A requested quantity of a variant; of an activity, the places in one of its slots."""

    variant_id: VariantId
    quantity: int
    slot_id: SlotId | None = None


class Nights(Struct, frozen=True):
    """Requested rooms of a stay, from the night of `arrive_on` to the morning of `leave_on`."""

    listing_id: ListingId
    arrive_on: date
    leave_on: date
    rooms: int = 1


class PlacedOrder(Struct, frozen=True, kw_only=True):
    """A placed order; a repeated request returns it with its current `state`."""

    id: OrderId
    number: int
    state: OrderState
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    total_fen: Fen
    placed_at: datetime
    pay_until: datetime


class EmptyOrder(Refusal):
    """The order or the cart is empty."""

    code = "nothing_asked"
    status = 422
    zh = "还没有选任何东西。"
    en = "The order is empty."


class TooManyLines(Refusal):
    """The order has more lines or stays than allowed."""

    code = "too_much_asked"
    status = 422
    zh = "一个订单最多 {max_lines} 种商品、{max_stays} 处住宿。"
    en = "One order takes at most {max_lines} lines and {max_stays} stays."


class InvalidQuantity(Refusal):
    """A quantity is out of range."""

    code = "quantity_wrong"
    status = 422
    zh = "数量要在 1 到 {max_quantity} 之间。"
    en = "A quantity is a whole number from 1 to {max_quantity}."


class InvalidNights(Refusal):
    """The nights are in the past, too many, too far ahead, or end before they begin."""

    code = "nights_wrong"
    status = 422
    zh = "请选今天以后、一年以内的 1 到 {max_nights} 晚，1 到 {max_rooms} 间。"
    en = "Choose 1 to {max_nights} nights from today on, within a year, and 1 to {max_rooms} rooms."


class NotForSale(Refusal):
    """The listing is not on sale: withdrawn, unknown, or of another kind."""

    code = "not_for_sale"
    zh = "“{title}”已经下架。"
    en = "“{title}” is not on sale."


class ShopClosed(Refusal):
    """The producer does not accept orders now."""

    code = "shop_closed"
    zh = "{producer} 现在不接单。"
    en = "{producer} does not accept orders now."


class FarmClosed(ShopClosed):
    """The producer is closed for some days and is open again by itself."""

    code = "farm_closed"
    zh = "{producer} {why}，那天起可以下单。"
    en = "{producer} is closed and takes orders again from {reopens_on} on."


class SoldOut(Refusal):
    """Fewer units are left than requested, even counting unpaid orders."""

    code = "sold_out"
    zh = "“{title}”只剩 {left} {unit}，卖完了就没有了。"
    en = "Only {left} {unit} of “{title}” are left; trying again does not help."


class WaitingForPayment(SoldOut):
    """The missing units are in unpaid orders and may become available."""

    code = "waiting_for_payment"
    zh = "“{title}”现在只剩 {left} {unit}，其余在别人的待付款订单里；{minutes} 分钟内没付款会放出来，可以再试。"
    en = (
        "Only {left} {unit} of “{title}” are free; the rest is in orders that have {minutes} minutes to pay. Try again."
    )


class NightsTaken(Refusal):
    """Not enough rooms are free in those nights."""

    code = "nights_taken"
    zh = "“{title}”这几晚房间不够了。"
    en = "“{title}” does not have that many rooms in those nights."


class NightsReserved(NightsTaken):
    """The missing rooms are in unpaid orders and may become available."""

    code = "nights_held"
    zh = "“{title}”这几晚的房间正等别人付款；{minutes} 分钟内没付款会放出来，可以再试。"
    en = "The rooms of “{title}” are in orders that have {minutes} minutes to pay. Try again."


class TotalChanged(Refusal):
    """The total differs from what the buyer saw; nothing was placed."""

    code = "total_changed"
    zh = "价格有变化，现在合计 {total_fen} 分，请看过再下单。"
    en = "The total is {total_fen} fen now; review it and order again."


class TooManyUnpaidOrders(Refusal):
    """The buyer has the maximum number of unpaid orders."""

    code = "too_many_waiting"
    zh = "您有 {limit} 个订单还没付款，请先付款或取消。"
    en = "You have {limit} unpaid orders; pay or cancel some first."


class UnpaidTotalTooHigh(Refusal):
    """The buyer's unpaid orders would exceed the maximum total."""

    code = "unpaid_total_too_high"
    zh = "没付款的订单合计最多 {limit_yuan} 元，请先付款或取消，或者分几次下单。"
    en = "Your unpaid orders may total {limit_yuan} yuan; pay or cancel some first, or order less at once."


class TooManyUnpaidItems(Refusal):
    """The buyer's unpaid orders would contain more than the maximum number of items."""

    code = "too_many_unpaid_items"
    zh = "没付款的订单里一共最多 {limit} 件，请先付款或取消，或者分几次下单。"
    en = "Your unpaid orders may contain {limit} items; pay or cancel some first, or order less at once."


class TooManyUnpaidNights(Refusal):
    """The buyer's unpaid orders would hold more than the maximum number of nights of rooms."""

    code = "too_many_unpaid_nights"
    zh = "没付款的订单里一共最多占 {limit} 个间夜（一间房一晚算一个），请先付款或取消，或者分几次订。"
    en = "Your unpaid orders may hold {limit} nights of rooms; pay or cancel some first, or book less at once."


class LotShareTooHigh(Refusal):
    """The buyer's unpaid orders would hold more than the maximum share of a lot or slot."""

    code = "lot_share_too_high"
    zh = "“{title}”付款前最多还能订 {left} {unit}，给别的买家也留一些；付了款可以接着订。"
    en = "Before paying you can order {left} more {unit} of “{title}”; pay first, then order the rest."


class TooManyLapsedOrders(Refusal):
    """The buyer's orders lately held goods for too long without being paid; in `hours` the next one may be placed."""

    code = "too_many_lapsed"
    zh = "您最近一天的订单，没付款一共占了货 {minutes} 分钟以上。请过 {hours} 小时再下单，把货先让给别的买家。"
    en = "Your unpaid orders held goods for over {minutes} minutes within a day; order again in {hours} hours."


class OrderNotPayable(Refusal):
    """The order is not awaiting payment: cancelled, expired or finished."""

    code = "not_payable"
    zh = "这个订单现在不能付款。"
    en = "This order cannot be paid now; it is {state}."


class PaidOnAcceptance(Refusal):
    """A public unit requested the order: it is paid by bank transfer after acceptance."""

    code = "paid_on_acceptance"
    zh = "这是单位采购，验收后对公转账，不在网上付。"
    en = "A public unit bought this: it is paid by bank transfer after acceptance, not online."


class BalanceNotDue(Refusal):
    """The balance of an order is paid from a day on."""

    code = "balance_not_due"
    zh = "订金付过了，尾款从 {day} 起付。"
    en = "The deposit is paid; the balance can be paid from {day} on."


class OrderAlreadyPaid(AlreadyPaid):
    """The order is paid; nothing is charged twice."""

    zh = "这个订单已经付过款，不会重复扣款。"
    en = "This order is already paid; nothing is charged twice."


class OrderNotCancellable(Refusal):
    """The order was shipped or used, or has ended."""

    code = "not_cancellable"
    zh = "已发货、已入住或已结束的订单不能取消。"
    en = "An order that was shipped or used, or has ended, cannot be cancelled."


class RefundChanged(Refusal):
    """The refund of a cancellation differs from what the buyer saw; nothing was cancelled."""

    code = "refund_changed"
    zh = "要退的钱变了，现在退 {refund_fen} 分，请看过再取消。"
    en = "The refund is {refund_fen} fen now; review it and cancel again."


class ContractNotCancellable(OrderNotCancellable):
    """A public unit's contract over the order is signed; it is ended there, not in the shop."""

    code = "contract_not_cancellable"
    zh = "单位采购的合同签了，请在采购单里了结。"
    en = "The contract over this order is signed; end it in the purchase."


class PackageCancelledWhole(Refusal):
    """What remains of a package is cancelled together: its price holds for the whole of it."""

    code = "package_cancelled_whole"
    zh = "套餐是整套的价，要退一起退。"
    en = "A package is cancelled whole: name all of its parts, or none."


class PaymentDisputed(Refusal):
    """The buyer disputes the payment at the provider, which decides first."""

    code = "payment_disputed"
    zh = "这笔付款正在银行处理异议，有结果以前不能取消或退款。"
    en = "The payment is disputed at the provider; nothing can be cancelled or refunded before it is decided."
