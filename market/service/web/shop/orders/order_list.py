"""A buyer's orders: the latest with links to the person's other pages, and the page that looks for one."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database, Query
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.people.identity.models import Actor
from market.people.identity.sign_in import get_phone
from market.people.storage.photos import PhotoFormat
from market.places.organisations.public_buyers import find_unit_seat
from market.sales.conversations.models import Side
from market.sales.conversations.views import count_unread
from market.sales.orders.cart import count_cart
from market.sales.orders.list_orders import OrderBrief, OrderGroup, list_orders
from market.sales.orders.models import OrderState, SuborderState
from market.sales.pickups.view import keeps_point
from market.service.http import HttpRequest
from market.service.web.forms import parse_integer
from market.service.web.pages import render_page
from market.service.web.shop.buying.cart import format_seller_count
from market.service.web.shop.cards import PhotoView, make_photo_view
from market.service.web.ui.format import clock_zh, yuan
from market.service.web.ui.illustrations import get_illustration
from market.service.web.village.areas import AGRONOMIST_DOOR
from market.villages.services.agronomists import find_agronomist_county

_PAGE_SIZE = 20
_LATEST = 10
"""How many orders 我的 shows; the others are found on their own page."""

ORDER_STATE_NAMES: dict[OrderState, str] = {
    OrderState.PLACED: "等付款",
    OrderState.DEPOSITED: "等尾款",
    OrderState.PAID: "付好了",
    OrderState.FINISHED: "办完了",
    OrderState.CANCELLED: "取消了",
    OrderState.EXPIRED: "过时没付",
}
"""Short: beside them a row of the list has room for its goods on a screen of 360 pixels."""


_GROUP_NAMES: dict[OrderGroup, str] = {
    OrderGroup.UNPAID: "等付款的",
    OrderGroup.OPEN: "等收货、等去的",
    OrderGroup.FINISHED: "办完了的",
    OrderGroup.ENDED: "取消的、没付的",
}
_MAX_TEXT_LENGTH = 60


class OrderRow(Struct, frozen=True):
    """An order as a row of the list."""

    href: str
    title: str
    lines: list[str]
    state: str
    symbol: str
    photo: PhotoView | None
    again: str
    """Where to buy its goods again; empty before they have arrived."""


class OrderPicture(Struct, frozen=True):
    """What the first line of an order looks like."""

    order_id: UUID
    category: str
    title: str
    kind: str
    photo: str | None
    photo_kind: str | None


LIST_ORDER_PICTURES = Query(
    OrderPicture,
    """
    SELECT DISTINCT ON (s.order_id) s.order_id, g.name AS category, l.title, l.kind, f.name AS photo,
           f.kind AS photo_kind
      FROM suborders s
      JOIN order_lines o ON o.suborder_id = s.id
      JOIN listings l ON l.id = o.listing_id
      JOIN categories g ON g.code = l.category_code
      LEFT JOIN photos f ON f.id = l.photo_id
     WHERE s.order_id = ANY(:order_ids::uuid[])
     ORDER BY s.order_id, s.position, o.position
    """,
)


def _list_order_rows(orders: Sequence[OrderBrief], pictures: Sequence[OrderPicture], now: datetime) -> list[OrderRow]:
    """Return orders as rows; no drawing appears twice."""
    by_order = {picture.order_id: picture for picture in pictures}
    seen: set[str] = set()
    rows: list[OrderRow] = []
    for order in orders:
        picture = by_order[order.id]
        symbol = get_illustration(picture.category, picture.title)
        photographed = picture.photo is not None and picture.photo_kind != PhotoFormat.SVG
        photo = make_photo_view(picture.photo, picture.photo_kind) if photographed else None
        rows.append(_order_row(order, "" if symbol in seen else symbol, photo, now))
        seen |= set() if photo else {symbol}
    return rows


def _order_row(order: OrderBrief, symbol: str, photo: PhotoView | None, now: datetime) -> OrderRow:
    first = order.titles[0] if order.titles else ""
    title = say("{0}等", first) if len(order.titles) > 1 else first
    return OrderRow(
        f"/orders/{order.number}",
        title,
        [
            say("{0} 元，{1}", yuan(order.total_fen), format_seller_count(order.sellers)),
            say("{0}，订单 {1}", clock_zh(order.placed_at), order.number),
        ],
        _brief_state(order, now),
        symbol,
        photo,
        f"/orders/{order.number}/again" if order.goods and order.state is OrderState.FINISHED else "",
    )


def _brief_state(order: OrderBrief, now: datetime) -> str:
    if order.state is OrderState.PLACED and order.pay_until <= now:
        return say(ORDER_STATE_NAMES[OrderState.EXPIRED])
    states = set(order.suborder_states)
    if order.state is OrderState.PAID and SuborderState.SHIPPED in states:
        return say("在路上")
    return say(ORDER_STATE_NAMES[order.state])


@get("/me", include_in_schema=False, english=True)
async def show_orders(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Show a person's orders, and links to their other pages."""
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        page = await list_orders(conn, actor, limit=_LATEST)
        pictures = await LIST_ORDER_PICTURES.all(conn, order_ids=[order.id for order in page.items])
        count = await count_cart(conn, actor.account_id)
        phone = await get_phone(conn, seal, actor.account_id)
        keeper = await keeps_point(conn, actor)
        unread = await count_unread(conn, actor, side=Side.BUYER)
        seat = await find_unit_seat(conn, actor.account_id, day=clock.today())
        asked = await find_agronomist_county(conn, actor.account_id)
    doors = [("/farm", say("我是卖家"), say("发货、卖东西、我的钱"))] if actor.producers else []
    doors += [("/desk", say("办公桌"), say("等我办的事"))] if actor.is_official else []
    doors += [("/operators", say("运营商"), say("交账单，看结算"))] if actor.operator is not None else []
    doors += [("/point", say("自提点"), say("到了的登记，凭码交给买家"))] if keeper else []
    doors += [("/unit", say("单位采购"), say("{0}的份额和采购单", seat.unit_name))] if seat is not None else []
    doors += [AGRONOMIST_DOOR] if asked is not None else []
    doors.append(("/village", say("村里的事"), say("公示、信号、单位，村里有的都在这里")))
    doors.append(
        (
            "/me/messages",
            say("问卖家的话"),
            say("{0} 家回了话，去看", unread) if unread else say("问过的、卖家回的都在这里"),
        )
    )
    doors.append(("/me/favourites", say("我的收藏"), say("收藏的东西和小店")))
    doors.append(("/coupons", say("优惠券"), say("领券，看手里的券")))
    doors.append(("/farm/apply", say("我要开店"), say("自家种的、养的，不用营业执照也能卖")))
    doors.append(("/me/organisations", say("我的单位"), say("招工、办课、结对，先登记单位")))
    doors.append(("/me/devices", say("登录的设备"), say("账号登录在哪些手机上")))
    doors.append(("/me/info", say("我的信息"), say("同意过什么、谁看过，带走一份，更正，注销")))
    context = {
        "account": say("，").join([actor.name, *([mask_phone(phone)] if phone else [])]),
        "orders": _list_order_rows(page.items, pictures, clock.now()),
        "more": f"/me/orders?before={page.next}" if page.next else None,
        "doors": doors,
    }
    return render_page(request, "shop/orders.html", context, actor=actor, cart=count)


@get("/me/orders", include_in_schema=False, english=True, rate=RateClass.SEARCH)
async def show_found_orders(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Look for orders by state, number, and words of what was bought or of its sellers."""
    asked = {name: request.query_params.get(name, "") for name in ("q", "state", "before")}
    text = asked["q"][:_MAX_TEXT_LENGTH]
    group = OrderGroup(asked["state"]) if asked["state"] in set(OrderGroup) else None
    async with db.connection() as conn:
        page = await list_orders(
            conn, actor, group=group, text=text, before=parse_integer(asked["before"]), limit=_PAGE_SIZE
        )
        pictures = await LIST_ORDER_PICTURES.all(conn, order_ids=[order.id for order in page.items])
        count = await count_cart(conn, actor.account_id)
    kept = {name: value for name, value in (("q", text), ("state", group or "")) if value}
    context = {
        "orders": _list_order_rows(page.items, pictures, clock.now()),
        "text": text,
        "state": group or "",
        "states": [("", say("全部")), *((group.value, say(name)) for group, name in _GROUP_NAMES.items())],
        "searched": bool(kept),
        "more": f"/me/orders?{urlencode(kept | {'before': page.next})}" if page.next else None,
    }
    return render_page(request, "shop/found_orders.html", context, actor=actor, cart=count)


ROUTES = [show_orders, show_found_orders]
