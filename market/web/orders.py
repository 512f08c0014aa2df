"""A buyer's own orders: the list, and one order with its parcels, its bookings and whom to call."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales import OWN_DELIVERY
from market.identity import Actor, phone_of
from market.kernel import Connection, Database, Fen
from market.kernel.clock import Clock, day_of
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.orders import (
    OrderBrief,
    OrderState,
    OrderView,
    SuborderKind,
    SuborderState,
    SuborderView,
    count_cart,
    get_order,
    hosts_of,
    list_orders,
    order_numbered,
)
from market.web.cards import Number, count_word, read_number
from market.web.cart import houses
from market.web.look.drawings import drawing_for
from market.web.look.format import clock_zh, day_short, yuan
from market.web.origins import path_of, region_name
from market.web.paying import look_whether_paid
from market.web.plumbing import page
from market.web.stay import nights_words
from payments import PaymentState

_A_PAGE = 20
_WAITING_STATES = {PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING, PaymentState.CREATED}

STATE_WORDS: dict[OrderState, str] = {
    OrderState.PLACED: "等付款",
    OrderState.PAID: "付好了",
    OrderState.FINISHED: "办完了",
    OrderState.CANCELLED: "取消了",
    OrderState.EXPIRED: "过时没付",
}
_MOST_LOOKS = 24
"""How often a browser without scripts looks again, every five seconds: for two minutes."""
_CANCELLED_WORDS = {
    SuborderKind.GOODS: "东西放回去了",
    SuborderKind.STAY: "房间放出来给别人住了",
    SuborderKind.ACTIVITY: "名额放出来了",
}
_ENDED = {SuborderState.CANCELLED: "取消了", SuborderState.EXPIRED: "过时没付"}

Asked = Request[Any, Any, Any]
type Steps = list[tuple[str, str]]


class Row(Struct, frozen=True):
    """An order in the list."""

    href: str
    title: str
    lines: list[str]
    state: str
    symbol: str


class Head(Struct, frozen=True):
    """The order itself."""

    number: int
    heading: str
    placed: datetime
    total_fen: Fen
    waiting: bool
    paid: bool
    can_pay: bool
    can_cancel: bool
    look: int
    """Where a browser without scripts looks again by itself: the number of its next look, else 0."""


class Part(Struct, frozen=True):
    """One parcel or one stay."""

    title: str
    who: str
    steps: Steps
    track: str
    code: str
    code_words: str
    rows: list[tuple[str, int]]
    total_fen: Fen
    words: list[str]
    receive: str
    reviews: list[tuple[str, str]]
    cancel: str
    cancel_words: str
    host: str


def _row(order: OrderBrief, now: datetime) -> Row:
    first = order.titles[0] if order.titles else ""
    more = "等" if len(order.titles) > 1 else ""
    return Row(
        f"/orders/{order.number}",
        f"{first}{more}",
        [f"{yuan(order.total_fen)} 元，{houses(order.sellers)}", f"{clock_zh(order.placed_at)}，订单 {order.number}"],
        _brief_state(order, now),
        drawing_for("", first),
    )


def _brief_state(order: OrderBrief, now: datetime) -> str:
    if order.state is OrderState.PLACED and order.pay_until <= now:
        return STATE_WORDS[OrderState.EXPIRED]
    states = set(order.suborder_states)
    if order.state is OrderState.PAID and SuborderState.SHIPPED in states:
        return "在路上"
    return STATE_WORDS[order.state]


@get("/me", include_in_schema=False)
async def mine(
    request: Asked,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Show a person's orders and what else is theirs."""
    before = read_number(request.query_params.get("before", ""))
    async with db.connection() as conn:
        found = await list_orders(conn, actor, before=before, limit=_A_PAGE)
        count = await count_cart(conn, actor.account_id)
        phone = await phone_of(conn, seal, actor.account_id)
    doors = [("/farm", "我是卖家", "发货、卖东西、我的钱")] if actor.producers else []
    doors += [("/desk", "办公桌", "等我办的事")] if actor.is_official else []
    doors.append(("/farm/apply", "我要开店", "自家种的、养的，不用营业执照也能卖"))
    context = {
        "account": "，".join([actor.name, *([mask_phone(phone)] if phone else [])]),
        "orders": [_row(order, clock.now()) for order in found.items],
        "more": f"/me?before={found.next}" if found.next else None,
        "doors": doors,
    }
    return page(request, "shop/orders.html", context, actor=actor, cart=count)


def _heading(order: OrderView, today: date) -> str:
    """Say where an order stands, by what of it is still to come."""
    living = [part for part in order.suborders if part.state not in _ENDED]
    if order.state is OrderState.PAID:
        if any(part.kind is SuborderKind.GOODS and part.state is SuborderState.PAID for part in living):
            return "付好了，等着收"
        sent = any(part.state is SuborderState.SHIPPED for part in living)
        return "都发出了，等着收" if sent else "付好了，等您去"
    if order.state is OrderState.FINISHED and all(part.kind is SuborderKind.GOODS for part in living):
        return "都收到了"
    if order.state is OrderState.FINISHED and len(living) == 1:
        return _been(living[0], today)
    return "等您付款" if order.state is OrderState.PLACED else STATE_WORDS[order.state]


def _been(part: SuborderView, today: date) -> str:
    """Say of nights or places whether they are over; money goes to the house on arrival."""
    if part.kind is not SuborderKind.STAY:
        return "去过了"
    return "住过了" if part.bookings and part.bookings[0].leave_on <= today else "到店了"


def _steps(part: SuborderView, order: OrderView, today: date) -> Steps:
    goods = part.kind is SuborderKind.GOODS
    paid = f"付好\n{clock_zh(order.paid_at)}" if order.paid_at else "付款"
    if part.state is SuborderState.PLACED:
        return [("下单", "done"), ("等付款", "now"), ("发货" if goods else "入住", "next")]
    if part.state in {SuborderState.CANCELLED, SuborderState.EXPIRED}:
        return []
    if not goods:
        middle = "等您去" if part.state is SuborderState.PAID else _been(part, today)
        now = part.state is SuborderState.PAID
        return [(paid, "done"), (middle, "now" if now else "done"), ("钱给店家", "next" if now else "done")]
    shipped = f"发了\n{clock_zh(part.shipped_at)}" if part.shipped_at else "等发货"
    if part.state is SuborderState.PAID:
        return [(paid, "done"), (shipped, "now"), ("在路上", "next"), ("收到", "next")]
    if part.state is SuborderState.SHIPPED:
        return [(paid, "done"), (shipped, "done"), ("在路上", "now"), ("收到", "next")]
    received = f"收到\n{clock_zh(part.received_at)}" if part.received_at else "收到"
    return [(paid, "done"), (shipped, "done"), (received, "done")]


def _rows(part: SuborderView) -> list[tuple[str, int]]:
    word = "间" if part.kind is SuborderKind.STAY else ""
    rows = [
        (f"{line.title} × {line.quantity} {word or count_word(line.unit)}", int(line.amount_fen)) for line in part.lines
    ]
    if part.kind is SuborderKind.GOODS:
        rows.append(("运费", int(part.freight_fen)))
    if part.discount_fen:
        rows.append(("平台优惠", -int(part.discount_fen)))
    return rows + ([("退了", -int(part.refunded_fen))] if part.refunded_fen else [])


def _title(part: SuborderView) -> str:
    if part.kind is SuborderKind.GOODS:
        return f"{part.producer}的包裹"
    first = part.bookings[0] if part.bookings else None
    count = nights_words((first.leave_on - first.arrive_on).days) if first else ""
    return f"{part.producer}，住{count}" if first else part.producer


def _who(part: SuborderView) -> str:
    if part.bookings:
        first = part.bookings[0]
        rooms = "、".join(each.room for each in part.bookings)
        return f"{day_short(first.arrive_on)}到，{day_short(first.leave_on)}走，{rooms}"
    return f"编号 {part.code}"


def _reviews(order: OrderView, part: SuborderView, today: date) -> list[tuple[str, str]]:
    """Return what can be reviewed: each thing once, a stay when its nights are over."""
    if part.state is not SuborderState.RECEIVED or any(each.leave_on > today for each in part.bookings):
        return []
    titles = {line.listing_number: line.title for line in part.lines if not line.reviewed}
    return [
        (f"/orders/{order.number}/review/{part.position}?listing={number}", f"给“{title}”写评价")
        for number, title in titles.items()
    ]


def _part(order: OrderView, part: SuborderView, today: date, host: str) -> Part:
    base = f"/orders/{order.number}"
    goods = part.kind is SuborderKind.GOODS
    codes = [each.code for each in part.bookings if each.code]
    track = f"{part.carrier} {part.tracking}" if part.tracking else OWN_DELIVERY if part.shipped_at else ""
    words = [f"{_ENDED[part.state]}，{_CANCELLED_WORDS[part.kind]}。"] if part.state in _ENDED else []
    if goods and part.state is SuborderState.SHIPPED:
        words.append("收到了再按。10 天没按，算收到；坏了先拍照打电话，别按。")
    receivable = goods and part.state is SuborderState.SHIPPED
    cancellable = order.state is OrderState.PAID and part.state is SuborderState.PAID
    return Part(
        title=_title(part),
        who=_who(part),
        steps=_steps(part, order, today),
        track=track,
        code="　".join(f"{code[:4]} {code[4:]}" for code in codes),
        code_words="到店给店家看一眼，只能用一次。没网也能看：现在截个图。",
        rows=_rows(part),
        total_fen=Fen(part.total_fen - part.refunded_fen),
        words=words,
        receive=f"{base}/receive/{part.position}" if receivable else "",
        reviews=_reviews(order, part, today),
        cancel=f"{base}/cancel?part={part.position}" if cancellable else "",
        cancel_words="这一家的不要了" if goods else "不去了，看退多少",
        host="" if goods or part.state in _ENDED else host,
    )


def _coming(order: OrderView) -> str:
    """Say what comes next of what was paid, as far as it applies."""
    still = [part for part in order.suborders if part.state is SuborderState.PAID]
    parcels = sum(part.kind is SuborderKind.GOODS for part in still)
    words = [] if not parcels else ["卖家发了货，单号写在下面" if parcels == 1 else "几家各自发货，单号写在下面"]
    words += ["到店住的，下面有入住码和店家电话"] if any(part.bookings for part in still) else []
    words += ["去玩的，到了报订单号"] if any(part.kind is SuborderKind.ACTIVITY for part in still) else []
    return "；".join(words) + "。" if words else ""


def _notes(request: Asked, order: OrderView, *, waiting: bool, look: int) -> list[tuple[str, str, str]]:
    back = "该退的原路退回，一般 1 到 3 天到。" if order.paid_at else "没有付过钱，不用退。"
    done = {
        "received": ("ok", "收到了", "钱已经算到卖家名下。坏了的，48 小时内打电话。"),
        "reviewed": ("ok", "评价发出去了", "谢谢您。写的不会被删。"),
        "cancelled": ("ok", "取消了", back),
    }
    said = done.get(str(request.query_params.get("said", "")))
    if said:
        return [said]
    if waiting:
        later = "付好了，这一页会自己变。" if look else "过一会儿按“再看一次”。"
        return [("", "正在确认付款", f"还没有收到那边的回话，一般几秒就有。{later}")]
    coming = _coming(order)
    if order.state is OrderState.PAID and order.paid_at and coming:
        return [("ok", f"付好了，{yuan(order.total_fen)} 元", coming)]
    if order.state is OrderState.EXPIRED:
        return [("warn", "过时没付，订单关了", "留着的放回去了，钱没有动。还想要，再下一单。")]
    return []


async def _address(conn: Connection, order: OrderView) -> str:
    """Write where the parcels go: who, and the whole place, province first; nothing stands twice."""
    address = order.address
    if address is None or not address.street or all(part.kind is not SuborderKind.GOODS for part in order.suborders):
        return ""
    names = [region_name(address.region_code)]
    names += [place.name for place in await path_of(conn, address.region_code.ljust(12, "0"))]
    before = "".join(name for name in names if name not in address.street)
    return f"{address.name}　{mask_phone(address.phone)}\n{before}{address.street}"


class Beside(Struct, frozen=True):
    """What an order's page shows besides the order: the cart, where parcels go, whom guests call."""

    cart: int
    address: str
    hosts: dict[UUID, str]


def order_page(request: Asked, actor: Actor, order: OrderView, beside: Beside, *, now: datetime) -> Response[bytes]:
    """Show an order to its buyer."""
    placed = order.state is OrderState.PLACED and order.pay_until > now
    pending = order.payment is not None and order.payment.state in _WAITING_STATES
    # The money may be there a moment before the order has followed it: then nothing is to be paid any more.
    captured = order.payment is not None and order.payment.state is PaymentState.CAPTURED
    waiting = placed and (captured or (pending and request.query_params.get("back") == "1"))
    look = 1 + (read_number(request.query_params.get("look", ""), most=_MOST_LOOKS) or 0)
    look = look if waiting and look <= _MOST_LOOKS else 0
    today = day_of(now)
    goods = any(part.kind is SuborderKind.GOODS for part in order.suborders)
    others = any(part.kind is not SuborderKind.GOODS for part in order.suborders)
    rows = [("货和住" if goods and others else "货" if goods else "住的、玩的", int(order.goods_fen))]
    rows += [("运费", int(order.freight_fen))] if goods else []
    rows += [("平台优惠", -int(order.discount_fen))] if order.discount_fen else []
    context = {
        "order": Head(
            order.number, _heading(order, today), order.placed_at, order.total_fen, waiting,
            paid=order.paid_at is not None, can_pay=placed and not waiting, can_cancel=order.state is OrderState.PLACED,
            look=look,
        ),
        "notes": _notes(request, order, waiting=waiting, look=look),
        "parcels": [_part(order, part, today, beside.hosts.get(part.producer_id, "")) for part in order.suborders],
        "rows": rows,
        "sum_words": "付了" if order.paid_at else "要付" if order.state is OrderState.PLACED else "没付，一共",
        "total_fen": order.total_fen,
        "refunded_fen": order.refunded_fen,
        "address": beside.address,
    }  # fmt: skip
    return page(request, "shop/order.html", context, actor=actor, cart=beside.cart)


@get("/orders/{number:int}", include_in_schema=False)
async def order(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[bytes]:
    """Show one order of a person's own.

    Raises:
        NotFound: the order is not the person's.
    """
    async with db.connection() as conn:
        order_id = await order_numbered(conn, actor, number)
    if request.query_params.get("back") == "1":
        await look_whether_paid(request, number)
    async with db.connection() as conn:
        found = await get_order(conn, seal, actor, order_id)
        beside = Beside(
            await count_cart(conn, actor.account_id),
            await _address(conn, found),
            await hosts_of(conn, seal, actor, order_id, day=clock.today()),
        )
    return order_page(request, actor, found, beside, now=clock.now())


ROUTES = [mine, order]
