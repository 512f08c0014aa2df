"""One order of a buyer: its parcels, bookings, amounts and contacts."""

from datetime import date, datetime
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales.bad_fruit_views import BadFruitClaim, list_order_claims
from market.aftersales.goods_return_views import GoodsReturn, list_order_returns
from market.carriers.tracking import Tracking, load_tracking
from market.casework.moves import get_person_scope
from market.conversations.views import list_unread_suborders
from market.divisions.codes import pad_code
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Connection, Database, Fen
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.orders.cart import count_cart
from market.orders.models import OrderState, SuborderKind, SuborderState
from market.orders.queries import OrderView, SuborderView, get_order, get_order_id, load_host_phones
from market.pickups.models import Pickup
from market.pickups.view import list_pickups
from market.settings import Settings
from market.slots.models import ReservationState
from market.visits.models import BookingChange
from market.visits.read_changes import list_order_changes
from market.web.forms import parse_integer
from market.web.pages import render_page
from market.web.shop.aftersales.booking_changes import describe_open_change
from market.web.shop.aftersales.claims import describe_claim, find_claimable
from market.web.shop.aftersales.goods_returns import describe_goods_return, list_returnable_lines
from market.web.shop.buying.cart import format_slot
from market.web.shop.buying.pay import refresh_payment
from market.web.shop.cards import ShortNumber
from market.web.shop.order_amounts import list_order_amounts, list_suborder_amounts
from market.web.shop.order_deposit import get_payment_step, is_confirming, list_deposit_notes
from market.web.shop.order_refunds import describe_refunds, list_problem_notes
from market.web.shop.orders import ORDER_STATE_NAMES
from market.web.shop.promises import REFUND_ARRIVAL
from market.web.shop.regions import get_region_name, list_division_path
from market.web.shop.stay import format_nights
from market.web.shop.visit_codes import show_codes
from market.web.tracking_words import describe_carrier, describe_pickup, describe_sending, present_tracking
from market.web.ui.format import day_short, yuan
from payments import Purpose

_MAX_REFRESHES = 24
"""The maximum number of refreshes of a pending payment without scripts, one per five seconds: two minutes."""
_CANCELLED_TEXTS = {
    SuborderKind.GOODS: "东西放回去了",
    SuborderKind.STAY: "房间放出来给别人住了",
    SuborderKind.ACTIVITY: "名额放出来了",
}
_NEXT_STEPS = {SuborderKind.GOODS: "发货", SuborderKind.STAY: "入住", SuborderKind.ACTIVITY: "去玩"}
_UNPAID_STATES = {OrderState.PLACED, OrderState.DEPOSITED}
_UNPAID_STEPS: dict[SuborderState, "Steps"] = {
    SuborderState.PLACED: [("下单", "done"), ("等付款", "now")],
    SuborderState.DEPOSITED: [("订金", "done"), ("等尾款", "now")],
}
_ENDED_STATES = {SuborderState.CANCELLED: "取消了", SuborderState.EXPIRED: "过时没付"}

type Steps = list[tuple[str, str]]


class OrderHeader(Struct, frozen=True):
    """The heading of an order's page."""

    number: int
    heading: str
    placed: datetime
    until: datetime
    total_fen: Fen
    waiting: bool
    paid: bool
    can_pay: bool
    can_cancel: bool
    look: int
    """The number of the next automatic refresh of a browser without scripts; 0 if the page does not refresh."""


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


def _describe_order(order: OrderView, today: date) -> str:
    """Describe the state of an order by its pending parts."""
    active = [suborder for suborder in order.suborders if suborder.state not in _ENDED_STATES]
    if order.state is OrderState.PAID:
        if any(suborder.kind is SuborderKind.GOODS and suborder.state is SuborderState.PAID for suborder in active):
            return "付好了，等着收"
        sent = any(suborder.state is SuborderState.SHIPPED for suborder in active)
        return "都发出了，等着收" if sent else "付好了，等您去"
    if order.state is OrderState.FINISHED and all(suborder.kind is SuborderKind.GOODS for suborder in active):
        return "都收到了"
    if order.state is OrderState.FINISHED and len(active) == 1:
        return _describe_visit(active[0], today)
    return "等您付款" if order.state is OrderState.PLACED else ORDER_STATE_NAMES[order.state]


def _describe_visit(suborder: SuborderView, today: date) -> str:
    """Describe a visit after check-in; the host is paid on arrival."""
    if suborder.kind is not SuborderKind.STAY:
        return "没有去" if suborder.places and suborder.places.state is ReservationState.MISSED else "去过了"
    return "住过了" if suborder.bookings and suborder.bookings[0].leave_on <= today else "到店了"


def _list_steps(suborder: SuborderView, order: OrderView, today: date) -> Steps:
    goods = suborder.kind is SuborderKind.GOODS
    paid = f"付好\n{day_short(order.paid_at)}" if order.paid_at else "付款"
    if suborder.state in _UNPAID_STEPS:
        return [*_UNPAID_STEPS[suborder.state], (_NEXT_STEPS[suborder.kind], "next")]
    if suborder.state in {SuborderState.CANCELLED, SuborderState.EXPIRED}:
        return []
    if not goods:
        middle = "等您去" if suborder.state is SuborderState.PAID else _describe_visit(suborder, today)
        now = suborder.state is SuborderState.PAID
        return [(paid, "done"), (middle, "now" if now else "done"), ("钱给店家", "next" if now else "done")]
    shipped = f"发了\n{day_short(suborder.shipped_at)}" if suborder.shipped_at else "等发货"
    if suborder.state is SuborderState.PAID:
        return [(paid, "done"), (shipped, "now"), ("在路上", "next"), ("收到", "next")]
    if suborder.state is SuborderState.SHIPPED:
        return [(paid, "done"), (shipped, "done"), ("在路上", "now"), ("收到", "next")]
    received = f"收到\n{day_short(suborder.received_at)}" if suborder.received_at else "收到"
    return [(paid, "done"), (shipped, "done"), (received, "done")]


def _describe_suborder(suborder: SuborderView) -> str:
    if suborder.kind is SuborderKind.GOODS:
        return f"{suborder.producer}的包裹"
    if suborder.places is not None:
        return f"{suborder.producer}，{suborder.places.party} 个名额"
    first = suborder.bookings[0] if suborder.bookings else None
    count = format_nights((first.leave_on - first.arrive_on).days) if first else ""
    return f"{suborder.producer}，住{count}" if first else suborder.producer


def _describe_reference(suborder: SuborderView) -> str:
    if suborder.bookings:
        first = suborder.bookings[0]
        rooms = "、".join(each.room for each in suborder.bookings)
        return f"{day_short(first.arrive_on)}到，{day_short(first.leave_on)}走，{rooms}"
    if suborder.places is not None:
        return format_slot(suborder.places)
    return f"编号 {suborder.code}"


def _list_review_links(order: OrderView, suborder: SuborderView, today: date) -> list[tuple[str, str]]:
    """Return links to review each listing once, a stay after its last night, and to the reviews that were written."""
    if suborder.state is not SuborderState.RECEIVED or any(each.leave_on > today for each in suborder.bookings):
        return []
    lines = {line.listing_number: line for line in reversed(suborder.lines)}
    base = f"/orders/{order.number}/review/{suborder.position}"
    return [
        (f"/reviews/{line.review_id}", f"看我给“{line.title}”的评价")
        if line.review_id
        else (f"{base}?listing={number}", f"给“{line.title}”写评价")
        for number, line in reversed(lines.items())
    ]


def _link_messages(order: OrderView, suborder: SuborderView, *, unread: bool) -> tuple[str, str] | None:
    """Return where to write to the seller of a paid part, and whether it wrote something new."""
    if order.paid_at is None and order.state is not OrderState.DEPOSITED:
        return None
    return f"/orders/{order.number}/messages/{suborder.position}", "卖家回话了，去看" if unread else "问卖家"


def _suborder_card(
    order: OrderView, suborder: SuborderView, today: date, extra: "OrderContext", *, now: datetime
) -> SuborderCard:
    base = f"/orders/{order.number}"
    goods = suborder.kind is SuborderKind.GOODS
    pickup = extra.pickups.get(suborder.id)
    codes = show_codes(suborder, pickup)
    words: list[str] = []
    if suborder.state in _ENDED_STATES:
        words.append(f"{_ENDED_STATES[suborder.state]}，{_CANCELLED_TEXTS[suborder.kind]}。")
    if suborder.places is not None and suborder.places.cancelled:
        words = ["店家取消了这一场。付过的钱全退，没付的不用付。"]
    if goods and suborder.cancel_note:
        words.append(f"卖家发不了：{suborder.cancel_note}")
    words += describe_sending(suborder, today)
    tracking = extra.tracking.get(suborder.id)
    line = present_tracking(tracking, now=now, unmoved_days=extra.unmoved_days) if tracking else None
    if goods and suborder.state is SuborderState.SHIPPED:
        since = "送到以后 " if tracking and tracking.facts else ""
        words += [line.trouble] if line and line.trouble else []
        words.append(f"收到了再按。{since}{extra.receive_days} 天没按，算收到；坏了先申请坏果包赔。")
    claims = [each for each in extra.claims if each.suborder_id == suborder.id]
    claimable = find_claimable(suborder, claims, hours=extra.claim_hours, now=now).lines
    returns = [each for each in extra.returns if each.suborder_id == suborder.id]
    returnable = list_returnable_lines(
        suborder, claimed={each.line_id for each in claims}, returns=returns, days=extra.return_days, now=now
    )
    words += describe_pickup(pickup, suborder.state) if pickup else []
    receivable = goods and suborder.state is SuborderState.SHIPPED
    cancellable = order.state is OrderState.PAID and suborder.state is SuborderState.PAID
    return SuborderCard(
        title=_describe_suborder(suborder),
        who=_describe_reference(suborder),
        steps=_list_steps(suborder, order, today),
        track=describe_carrier(suborder),
        travel=line.steps if line else [],
        code=codes.digits,
        code_title=codes.title,
        code_words=f"到了给{'自提点' if goods else '店家'}看一眼，只能用一次。没网也能看：现在截个图。",
        squares=codes.squares,
        rows=list_suborder_amounts(suborder),
        total_fen=Fen(suborder.total_fen - suborder.refunded_fen),
        words=words,
        receive=f"{base}/receive/{suborder.position}" if receivable else "",
        reviews=_list_review_links(order, suborder, today),
        cancel=f"{base}/cancel?part={suborder.position}" if cancellable else "",
        cancel_words="这一家的不要了" if goods else "不去了，看退多少",
        days=f"{base}/days/{suborder.position}" if cancellable and suborder.kind is SuborderKind.STAY else "",
        days_words=describe_open_change(suborder, extra.changes),
        host="" if goods or suborder.state in _ENDED_STATES else extra.hosts.get(suborder.producer_id, ""),
        claims=[(f"/cases/{each.case_id}", describe_claim(each)) for each in claims],
        claim=f"{base}/claim/{suborder.position}" if claimable else "",
        returns=[
            (f"/returns/{each.case_id}", describe_goods_return(each, arrival_days=extra.return_arrival_days))
            for each in returns
        ],
        give_back=f"{base}/return/{suborder.position}" if returnable else "",
        ask=_link_messages(order, suborder, unread=suborder.id in extra.unread),
        complain=f"{base}/complaint/{suborder.position}" if order.paid_at else "",
    )


def _describe_next(order: OrderView) -> str:
    """Describe what happens after payment."""
    still = [suborder for suborder in order.suborders if suborder.state is SuborderState.PAID]
    parcels = sum(suborder.kind is SuborderKind.GOODS for suborder in still)
    words = [] if not parcels else ["卖家发了货，单号写在下面" if parcels == 1 else "几家各自发货，单号写在下面"]
    words += ["到店住的，下面有入住码和店家电话"] if any(suborder.bookings for suborder in still) else []
    words += ["去玩的，下面有入场码和店家电话"] if any(suborder.places for suborder in still) else []
    return "；".join(words) + "。" if words else ""


def _list_notes(
    request: HttpRequest, order: OrderView, *, waiting: bool, look: int, claim_hours: int
) -> list[tuple[str, str, str]]:
    back = f"该退的原路退回，{REFUND_ARRIVAL}。" if order.paid_at else "没有付过钱，不用退。"
    done = {
        "received": ("ok", "收到了", f"钱已经算到卖家名下。坏了的，{claim_hours} 小时内在下面申请。"),
        "claimed": ("ok", "交给卖家了", "卖家答复了会告诉您，这里也看得到。"),
        "reviewed": ("ok", "评价发出去了", "谢谢您。写的不会被删。"),
        "cancelled": ("ok", "取消了", back),
        "moved": ("ok", "日子改好了", f"{back}入住码不变。"),
        "asked": ("ok", "问店家了", "24 小时内答复您，不答复算没改。在那以前还是原来的日子。"),
        "kept": ("ok", "日子没有改", "还是原来的日子。"),
    }
    notice = done.get(request.query_params.get("said", ""))
    if notice:
        return [notice]
    if waiting:
        later = "付好了，这一页会自己变。" if look else "过一会儿按“再看一次”。"
        return [("", "正在确认付款", f"还没有收到那边的回话，一般几秒就有。{later}")]
    coming = _describe_next(order)
    if order.state is OrderState.PAID and order.paid_at and coming:
        return [("ok", f"付好了，{yuan(order.total_fen)} 元", coming)]
    if order.state is OrderState.EXPIRED:
        return [("warn", "过时没付，订单关了", "留着的放回去了。您要是付过，会原路退回。还想要，再下一单。")]
    return []


async def _format_address(conn: Connection, order: OrderView) -> str:
    """Format the delivery address: the recipient, then all divisions from the province, without repeated names."""
    address = order.address
    ships = any(suborder.kind is SuborderKind.GOODS for suborder in order.suborders)
    if address is None or not address.street or not ships:
        return ""
    names = [get_region_name(address.region_code)]
    names += [division.name for division in await list_division_path(conn, pad_code(address.region_code))]
    before = "".join(name for name in names if name not in address.street)
    return f"{address.name}　{mask_phone(address.phone)}\n{before}{address.street}"


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
    receive_days: int
    unmoved_days: int
    claim_hours: int
    return_days: int
    return_arrival_days: int


def render_order(
    request: HttpRequest, actor: Actor, order: OrderView, extra: OrderContext, *, now: datetime
) -> Response[bytes]:
    """Render an order for its buyer."""
    step = get_payment_step(order, now)
    waiting = is_confirming(order, step, back=request.query_params.get("back") == "1")
    look = 1 + (parse_integer(request.query_params.get("look", ""), maximum=_MAX_REFRESHES) or 0)
    look = look if waiting and look <= _MAX_REFRESHES else 0
    today = get_business_day(now)
    notes = _list_notes(request, order, waiting=waiting, look=look, claim_hours=extra.claim_hours)
    context = {
        "order": OrderHeader(
            order.number, _describe_order(order, today), order.placed_at, step.until, step.amount_fen, waiting,
            paid=order.paid_at is not None, can_pay=step.due and not waiting,
            can_cancel=order.state in _UNPAID_STATES, look=look,
        ),
        "notes": [*list_problem_notes(order), *(notes or list_deposit_notes(order, today))],
        "parcels": [_suborder_card(order, suborder, today, extra, now=now) for suborder in order.suborders],
        "rows": list_order_amounts(order),
        "sum_words": "付了" if order.paid_at else "要付" if order.state in _UNPAID_STATES else "没付，一共",
        "total_fen": step.amount_fen if step.purpose is Purpose.BALANCE else order.total_fen,
        "refunded_fen": order.refunded_fen,
        "refund_words": describe_refunds(order),
        "address": extra.address,
    }  # fmt: skip
    return render_page(request, "shop/order.html", context, actor=actor, cart=extra.cart)


@get("/orders/{number:int}", include_in_schema=False)
async def show_order(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[bytes]:
    """Show one of the person's own orders.

    Raises:
        NotFound: the order belongs to someone else.
    """
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
    if request.query_params.get("back") == "1":
        await refresh_payment(request, number)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        order = await get_order(conn, seal, actor, order_id)
        extra = OrderContext(
            await count_cart(conn, actor.account_id),
            await _format_address(conn, order),
            await load_host_phones(conn, seal, actor, order_id, day=clock.today()),
            await list_order_claims(conn, seal, actor, order_id),
            await list_order_returns(conn, seal, actor, order_id),
            await load_tracking(conn, [each.id for each in order.suborders]),
            {
                each.suborder_id: each
                for each in await list_pickups(conn, seal, actor, order_id, days=settings.pickup_days)
            },
            await list_order_changes(conn, actor, order_id),
            await list_unread_suborders(conn, order_id),
            settings.receive_days,
            settings.unmoved_days,
            settings.claim_hours,
            settings.return_days,
            settings.return_arrival_days,
        )
    return render_order(request, actor, order, extra, now=clock.now())


ROUTES = [show_order]
