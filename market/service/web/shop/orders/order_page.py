"""One order of a buyer: its parcels, bookings, amounts and contacts."""

from datetime import date, datetime

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, Fen
from market.kernel.clock import Clock, get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.text import mask_phone
from market.people.identity.models import Actor
from market.sales.aftersales.bad_fruit_views import list_order_claims
from market.sales.aftersales.goods_return_views import list_order_returns
from market.sales.carriers.tracking import load_tracking
from market.sales.conversations.views import list_unread_suborders
from market.sales.invoices.views import list_order_invoices
from market.sales.orders.cart import count_cart
from market.sales.orders.models import OrderState, PaymentTerms, SuborderKind, SuborderState
from market.sales.orders.queries import OrderView, get_order, get_order_id, load_host_phones
from market.sales.packages.order_parts import find_ordered_package
from market.sales.pickups.view import list_pickups
from market.sales.visits.cancel_stay import list_stay_cancellations
from market.sales.visits.models import ANSWER_HOURS
from market.sales.visits.read_changes import list_order_changes
from market.service.http import HttpRequest
from market.service.web.forms import parse_integer
from market.service.web.pages import render_page
from market.service.web.shop.buying.pay import refresh_payment
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.orders.order_amounts import list_order_amounts
from market.service.web.shop.orders.order_cards import ENDED_STATES, OrderContext, describe_visit, make_suborder_card
from market.service.web.shop.orders.order_deposit import get_payment_step, is_confirming, list_deposit_notes
from market.service.web.shop.orders.order_list import ORDER_STATE_NAMES
from market.service.web.shop.orders.order_package import view_order_package
from market.service.web.shop.orders.order_refunds import describe_refunds, list_problem_notes
from market.service.web.shop.promises import REFUND_ARRIVAL
from market.service.web.shop.regions import complete_street, get_region_name
from market.service.web.ui.format import yuan
from payments import Purpose

_MAX_REFRESHES = 24
"""The maximum number of refreshes of a pending payment without scripts, one per five seconds: two minutes."""
_UNPAID_STATES = {OrderState.PLACED, OrderState.DEPOSITED}
_HEADINGS = {OrderState.PLACED: "等您付款", OrderState.DEPOSITED: "订金付了，等尾款"}
"""Where the heading of an order says more than a row of the list."""


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
    unit: bool
    look: int
    """The number of the next automatic refresh of a browser without scripts; 0 if the page does not refresh."""


def _describe_order(order: OrderView, today: date) -> str:
    """Describe the state of an order by its pending parts."""
    active = [suborder for suborder in order.suborders if suborder.state not in ENDED_STATES]
    if order.state is OrderState.PAID:
        if any(suborder.kind is SuborderKind.GOODS and suborder.state is SuborderState.PAID for suborder in active):
            return say("付好了，等着收")
        sent = any(suborder.state is SuborderState.SHIPPED for suborder in active)
        return say("都发出了，等着收") if sent else say("付好了，等您去")
    if order.state is OrderState.FINISHED and all(suborder.kind is SuborderKind.GOODS for suborder in active):
        return say("都收到了")
    if order.state is OrderState.FINISHED and len(active) == 1:
        return describe_visit(active[0], today)
    return say(_HEADINGS.get(order.state, ORDER_STATE_NAMES[order.state]))


def _describe_next(order: OrderView) -> str:
    """Describe what happens after payment."""
    still = [suborder for suborder in order.suborders if suborder.state is SuborderState.PAID]
    parcels = sum(suborder.kind is SuborderKind.GOODS for suborder in still)
    words = (
        [] if not parcels else [say("卖家发了货，单号写在下面") if parcels == 1 else say("几家各自发货，单号写在下面")]
    )
    words += [say("到店住的，下面有入住码和店家电话")] if any(suborder.bookings for suborder in still) else []
    words += [say("去玩的，下面有入场码和店家电话")] if any(suborder.places for suborder in still) else []
    return say("；").join(words) + say("。") if words else ""


def _list_notes(
    request: HttpRequest, order: OrderView, *, waiting: bool, look: int, claim_hours: int
) -> list[tuple[str, str, str]]:
    back = say("该退的原路退回，{0}。", say(REFUND_ARRIVAL)) if order.paid_at else say("没有付过钱，不用退。")
    done = {
        "received": ("ok", say("收到了"), say("钱已经算到卖家名下。坏了的，{0} 小时内在下面申请。", claim_hours)),
        "claimed": ("ok", say("交给卖家了"), say("卖家答复了会告诉您，这里也看得到。")),
        "reviewed": ("ok", say("评价发出去了"), say("谢谢您。写的不会被删。")),
        "cancelled": ("ok", say("取消了"), back),
        "moved": ("ok", say("日子改好了"), say("{0}入住码不变。", back)),
        "asked": ("ok", say("问店家了"), say("{0} 小时内答复您，不答复算没改。在那以前还是原来的日子。", ANSWER_HOURS)),
        "kept": ("ok", say("日子没有改"), say("还是原来的日子。")),
    }
    notice = done.get(request.query_params.get("said", ""))
    if notice:
        return [notice]
    if order.terms is not PaymentTerms.PREPAID:
        return [("", say("这是单位采购"), say("验收以后对公转账，不在网上付。看采购单 {0}。", order.number))]
    if waiting:
        later = say("付好了，这一页会自己变。") if look else say("过一会儿按“再看一次”。")
        return [("", say("正在确认付款"), say("还没有收到那边的回话，一般几秒就有。{0}", later))]
    coming = _describe_next(order)
    if order.state is OrderState.PAID and order.paid_at and coming:
        return [("ok", say("付好了，{0} 元", yuan(order.total_fen)), coming)]
    if order.state is OrderState.EXPIRED:
        return [("warn", say("过时没付，订单关了"), say("留着的放回去了。您要是付过，会原路退回。还想要，再下一单。"))]
    return []


async def _format_address(conn: Connection, order: OrderView) -> str:
    """Format the delivery address: the recipient, then all divisions from the province, without repeated names."""
    address = order.address
    ships = any(suborder.kind is SuborderKind.GOODS for suborder in order.suborders)
    if address is None or not address.street or not ships:
        return ""
    province = get_region_name(address.region_code)
    street = await complete_street(conn, address.region_code, address.street)
    return say(
        "{0}　{1}\n{2}{3}", address.name, mask_phone(address.phone), "" if province in street else province, street
    )


def _is_open_package(order: OrderView, extra: OrderContext) -> bool:
    """Return whether something of a paid package can be cancelled; it is cancelled whole."""
    return extra.package is not None and any(each.state is SuborderState.PAID for each in order.suborders)


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
            can_cancel=(order.state in _UNPAID_STATES and order.terms is not PaymentTerms.CONTRACT)
            or _is_open_package(order, extra),
            look=look, unit=order.terms is not PaymentTerms.PREPAID,
        ),
        "notes": [*list_problem_notes(order), *(notes or list_deposit_notes(order, today))],
        "parcels": [make_suborder_card(order, suborder, today, extra, now=now) for suborder in order.suborders],
        "package": view_order_package(extra.package, order.number) if extra.package else None,
        "rows": list_order_amounts(order),
        "sum_words": say("付了" if order.paid_at else "要付" if order.state in _UNPAID_STATES else "没付，一共"),
        "total_fen": step.amount_fen if step.purpose is Purpose.BALANCE else order.total_fen,
        "refunded_fen": order.refunded_fen,
        "refund_words": describe_refunds(order),
        "address": extra.address,
    }  # fmt: skip
    return render_page(request, "shop/order.html", context, actor=actor, cart=extra.cart)


@get("/orders/{number:int}", include_in_schema=False, english=True)
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
            await list_order_invoices(conn, actor, order_id),
            settings.receive_days,
            settings.unmoved_days,
            settings.claim_hours,
            settings.return_days,
            settings.return_arrival_days,
            await find_ordered_package(conn, actor, order_id, now=clock.now()),
            await list_stay_cancellations(conn, order_id),
        )
    return render_order(request, actor, order, extra, now=clock.now())


ROUTES = [show_order]
