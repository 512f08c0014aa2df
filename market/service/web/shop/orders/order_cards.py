"""The card of each suborder on the page of an order: a parcel, stay or activity, and what its buyer may do."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.models import ReservationState
from market.kernel import Fen
from market.kernel.language import say
from market.sales.aftersales.bad_fruit_views import BadFruitClaim
from market.sales.aftersales.goods_return_views import GoodsReturn
from market.sales.aftersales.unsent import NOT_SENT_NOTE
from market.sales.carriers.tracking import Tracking
from market.sales.invoices.views import SaleInvoiceState
from market.sales.orders.models import OrderState, SuborderKind, SuborderState
from market.sales.orders.queries import OrderView, SuborderView
from market.sales.packages.order_parts import OrderedPackage
from market.sales.pickups.models import Pickup
from market.sales.visits.cancel_stay import STAY_CANCEL_REASON_NAMES, StayCancelReason
from market.sales.visits.models import BookingChange
from market.service.web.shop.aftersales.booking_changes import describe_open_change
from market.service.web.shop.aftersales.claims import describe_claim, find_claimable
from market.service.web.shop.aftersales.goods_returns import describe_goods_return, list_returnable_lines
from market.service.web.shop.aftersales.invoices import link_invoice
from market.service.web.shop.buying.cart import format_slot
from market.service.web.shop.coupon_words import PLATFORM_REFUND
from market.service.web.shop.listing.stay import format_nights
from market.service.web.shop.orders.order_amounts import list_suborder_amounts
from market.service.web.shop.visit_codes import show_codes
from market.service.web.tracking_words import (
    TrackingLine,
    describe_carrier,
    describe_pickup,
    describe_sending,
    present_tracking,
)
from market.service.web.ui.format import day_short

_CANCELLED_TEXTS = {
    SuborderKind.GOODS: "东西放回去了",
    SuborderKind.STAY: "房间放出来给别人住了",
    SuborderKind.ACTIVITY: "名额放出来了",
}
_NEXT_STEPS = {SuborderKind.GOODS: "发货", SuborderKind.STAY: "入住", SuborderKind.ACTIVITY: "去玩"}
_UNPAID_STEPS: dict[SuborderState, "Steps"] = {
    SuborderState.PLACED: [("下单", "done"), ("等付款", "now")],
    SuborderState.DEPOSITED: [("订金", "done"), ("等尾款", "now")],
}
ENDED_STATES = {SuborderState.CANCELLED: "取消了", SuborderState.EXPIRED: "过时没付"}

type Steps = list[tuple[str, str]]


class OrderContext(Struct, frozen=True):
    """The page besides the order: the cart's count, the address, hosts' phones, claims, returns, where parcels are."""

    cart: int
    address: str
    hosts: dict[UUID, str]
    claims: list[BadFruitClaim]
    returns: list[GoodsReturn]
    tracking: dict[UUID, Tracking]
    pickups: dict[UUID, Pickup]
    changes: list[BookingChange]
    unread: set[UUID]
    invoices: dict[UUID, SaleInvoiceState]
    receive_days: int
    unmoved_days: int
    claim_hours: int
    return_days: int
    return_arrival_days: int
    package: OrderedPackage | None = None
    host_cancelled: dict[UUID, StayCancelReason] = {}


class SuborderCard(Struct, frozen=True):
    """The card of a suborder: a parcel, stay or activity."""

    title: str
    who: str
    steps: Steps
    track: str
    travel: list[tuple[str, str, str]]
    code: str
    code_title: str
    code_words: str
    squares: list[str]
    rows: list[tuple[str, int] | tuple[str, int, str, str]]
    total_fen: Fen
    words: list[str]
    receive: str
    reviews: list[tuple[str, str]]
    cancel: str
    cancel_words: str
    days: str
    days_words: str
    host: str
    claims: list[tuple[str, str]]
    claim: str
    returns: list[tuple[str, str]]
    give_back: str
    complain: str
    ask: tuple[str, str] | None
    invoice: tuple[str, str] | None


def describe_visit(suborder: SuborderView, today: date) -> str:
    """Describe a visit after check-in; the host is paid on arrival."""
    if suborder.kind is not SuborderKind.STAY:
        return say("没有去") if suborder.places and suborder.places.state is ReservationState.MISSED else say("去过了")
    return say("住过了") if suborder.bookings and suborder.bookings[0].leave_on <= today else say("到店了")


def _list_steps(suborder: SuborderView, order: OrderView, today: date) -> Steps:
    goods = suborder.kind is SuborderKind.GOODS
    paid = say("付好\n{0}", day_short(order.paid_at)) if order.paid_at else say("付款")
    if suborder.state in _UNPAID_STEPS:
        unpaid = [(say(words), state) for words, state in _UNPAID_STEPS[suborder.state]]
        return [*unpaid, (say(_NEXT_STEPS[suborder.kind]), "next")]
    if suborder.state in {SuborderState.CANCELLED, SuborderState.EXPIRED}:
        return []
    if not goods:
        middle = say("等您去") if suborder.state is SuborderState.PAID else describe_visit(suborder, today)
        now = suborder.state is SuborderState.PAID
        return [(paid, "done"), (middle, "now" if now else "done"), (say("钱给店家"), "next" if now else "done")]
    shipped = say("发了\n{0}", day_short(suborder.shipped_at)) if suborder.shipped_at else say("等发货")
    if suborder.state is SuborderState.PAID:
        return [(paid, "done"), (shipped, "now"), (say("在路上"), "next"), (say("收到"), "next")]
    if suborder.state is SuborderState.SHIPPED:
        return [(paid, "done"), (shipped, "done"), (say("在路上"), "now"), (say("收到"), "next")]
    received = say("收到\n{0}", day_short(suborder.received_at)) if suborder.received_at else say("收到")
    return [(paid, "done"), (shipped, "done"), (received, "done")]


def _describe_suborder(suborder: SuborderView) -> str:
    if suborder.kind is SuborderKind.GOODS:
        return say("{0}的包裹", suborder.producer)
    if suborder.places is not None:
        return say("{0}，{1} 个名额", suborder.producer, suborder.places.party)
    first = suborder.bookings[0] if suborder.bookings else None
    count = format_nights((first.leave_on - first.arrive_on).days) if first else ""
    return say("{0}，住{1}", suborder.producer, count) if first else suborder.producer


def _describe_reference(suborder: SuborderView) -> str:
    if suborder.bookings:
        first = suborder.bookings[0]
        rooms = say("、").join(each.room for each in suborder.bookings)
        return say("{0}到，{1}走，{2}", day_short(first.arrive_on), day_short(first.leave_on), rooms)
    if suborder.places is not None:
        return format_slot(suborder.places)
    return say("编号 {0}", suborder.code)


def _list_review_links(order: OrderView, suborder: SuborderView, today: date) -> list[tuple[str, str]]:
    """Return links to review each listing once, a stay after its last night, and to the reviews that were written."""
    if suborder.state is not SuborderState.RECEIVED or any(each.leave_on > today for each in suborder.bookings):
        return []
    lines = {line.listing_number: line for line in reversed(suborder.lines)}
    base = f"/orders/{order.number}/review/{suborder.position}"
    return [
        (f"/reviews/{line.review_id}", say("看我给“{0}”的评价", line.title))
        if line.review_id
        else (f"{base}?listing={number}", say("给“{0}”写评价", line.title))
        for number, line in reversed(lines.items())
    ]


def _link_messages(order: OrderView, suborder: SuborderView, *, unread: bool) -> tuple[str, str] | None:
    """Return where to write to the seller of a paid part, and whether it wrote something new."""
    if order.paid_at is None and order.state is not OrderState.DEPOSITED:
        return None
    return f"/orders/{order.number}/messages/{suborder.position}", say("卖家回话了，去看") if unread else say("问卖家")


def _list_words(suborder: SuborderView, today: date, line: TrackingLine | None, extra: OrderContext) -> list[str]:
    """Return what became of a part, until when it is sent, and what follows after its arrival."""
    goods = suborder.kind is SuborderKind.GOODS
    words: list[str] = []
    if suborder.state in ENDED_STATES:
        words.append(say("{0}，{1}。", say(ENDED_STATES[suborder.state]), say(_CANCELLED_TEXTS[suborder.kind])))
    if suborder.places is not None and suborder.places.cancelled:
        words = [say("店家取消了这一场。付过的钱全退，没付的不用付。")]
    if suborder.id in extra.host_cancelled:
        reason = say(STAY_CANCEL_REASON_NAMES[extra.host_cancelled[suborder.id]])
        words = [say("店家取消的：{0}。付过的钱全退，没付的不用付。", reason)]
    if goods and suborder.cancel_note:
        not_sent = suborder.cancel_note == NOT_SENT_NOTE
        words.append(
            say("卖家{0}，自动取消的。", say(NOT_SENT_NOTE))
            if not_sent
            else say("卖家发不了：{0}", suborder.cancel_note)
        )
    words += describe_sending(suborder, today)
    if goods and suborder.state is SuborderState.SHIPPED:
        since = say("送到以后 ") if line and line.steps else ""
        words += [line.trouble] if line and line.trouble else []
        words.append(say("收到了再按。{0}{1} 天没按，算收到；坏了先申请坏果包赔。", since, extra.receive_days))
    return words


def make_suborder_card(
    order: OrderView, suborder: SuborderView, today: date, extra: OrderContext, *, now: datetime
) -> SuborderCard:
    """Return the card of a suborder on its order's page, as of `today` and `now`."""
    base = f"/orders/{order.number}"
    goods = suborder.kind is SuborderKind.GOODS
    pickup = extra.pickups.get(suborder.id)
    codes = show_codes(suborder, pickup)
    tracking = extra.tracking.get(suborder.id)
    line = present_tracking(tracking, now=now, unmoved_days=extra.unmoved_days) if tracking else None
    words = _list_words(suborder, today, line, extra)
    claims = [each for each in extra.claims if each.suborder_id == suborder.id]
    claimable = find_claimable(suborder, claims, hours=extra.claim_hours, now=now).lines
    returns = [each for each in extra.returns if each.suborder_id == suborder.id]
    returnable = list_returnable_lines(
        suborder, claimed={each.line_id for each in claims}, returns=returns, days=extra.return_days, now=now
    )
    words += describe_pickup(pickup, suborder.state) if pickup else []
    words += [say(PLATFORM_REFUND)] if suborder.discount_fen and (claims or returns) else []
    receivable = goods and suborder.state is SuborderState.SHIPPED
    paid = order.state is OrderState.PAID and suborder.state is SuborderState.PAID
    cancellable = paid and extra.package is None
    return SuborderCard(
        title=_describe_suborder(suborder),
        who=_describe_reference(suborder),
        steps=_list_steps(suborder, order, today),
        track=describe_carrier(suborder),
        travel=line.steps if line else [],
        code=codes.digits,
        code_title=codes.title,
        code_words=say(
            "到了给{0}看一眼，只能用一次。没网也能看：现在截个图。", say("自提点") if goods else say("店家")
        ),
        squares=codes.squares,
        rows=list_suborder_amounts(suborder),
        total_fen=Fen(suborder.total_fen - suborder.refunded_fen),
        words=words,
        receive=f"{base}/receive/{suborder.position}" if receivable else "",
        reviews=_list_review_links(order, suborder, today),
        cancel=f"{base}/cancel?part={suborder.position}" if cancellable else "",
        cancel_words=say("这一家的不要了") if goods else say("不去了，看退多少"),
        days=f"{base}/days/{suborder.position}" if cancellable and suborder.kind is SuborderKind.STAY else "",
        days_words=describe_open_change(suborder, extra.changes),
        host="" if goods or suborder.state in ENDED_STATES else extra.hosts.get(suborder.producer_id, ""),
        claims=[(f"/cases/{each.case_id}", describe_claim(each)) for each in claims],
        claim=f"{base}/claim/{suborder.position}" if claimable else "",
        returns=[
            (f"/returns/{each.case_id}", describe_goods_return(each, arrival_days=extra.return_arrival_days))
            for each in returns
        ],
        give_back=f"{base}/return/{suborder.position}" if returnable else "",
        ask=_link_messages(order, suborder, unread=suborder.id in extra.unread),
        invoice=link_invoice(order, suborder, extra.invoices.get(suborder.id)),
        complain=f"{base}/complaint/{suborder.position}" if order.paid_at else "",
    )
