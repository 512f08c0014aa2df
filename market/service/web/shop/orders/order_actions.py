"""Actions of a buyer on an order: cancel it after seeing the refund, confirm receipt."""

from datetime import datetime
from typing import Any, cast

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.catalogue.bookings.calendar import get_cancellation_terms
from market.catalogue.bookings.tiers import compute_stay_refund
from market.kernel import Connection, Database, Fen, Refusal
from market.kernel.clock import Clock, get_business_day
from market.kernel.language import get_language, say
from market.kernel.refusal_numbers import get_refusal_number
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.buy_again import buy_again
from market.sales.orders.cancel import cancel_order, is_package
from market.sales.orders.checkout.places import get_places_terms
from market.sales.orders.models import (
    OrderNotCancellable,
    OrderState,
    PackageCancelledWhole,
    RefundChanged,
    SuborderState,
)
from market.sales.orders.queries import OrderView, SuborderView, get_order, get_order_id
from market.service.http import HttpRequest
from market.service.web.forms import parse_integer, read_form
from market.service.web.pages import WayBack, redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.promises import REFUND_ARRIVAL
from market.service.web.ui.format import percent_bp, yuan
from payments import GuardedGateway

_MAX_POSITION = 1000


async def _compute_refund(conn: Connection, order: OrderView, suborder: SuborderView, now: datetime) -> tuple[str, Fen]:
    """Return the refund for cancelling a paid suborder of an order now, and a text that explains it."""
    deposit = order.deposit
    if suborder.state is SuborderState.DEPOSITED and deposit is not None:
        left, freight = Fen(deposit.deposit_fen - suborder.refunded_fen), Fen(0)
    else:
        left, freight = Fen(suborder.goods_fen - suborder.discount_fen - suborder.refunded_fen), suborder.freight_fen
    if suborder.places is not None:
        places, terms = suborder.places, get_places_terms(suborder.places, now)
        if now >= places.starts_at:
            raise OrderNotCancellable
        return (
            say("{0}，离去的那天 {1} 天，退 {2}", suborder.producer, terms.days_left, percent_bp(terms.refund_bp)),
            compute_stay_refund(paid_fen=left, refund_bp=terms.refund_bp),
        )
    if not suborder.bookings:
        return say("{0}，付过的全退", suborder.producer), Fen(left + freight)
    first = suborder.bookings[0]
    terms = await get_cancellation_terms(
        conn,
        first.listing_id,
        arrive=first.arrive_on,
        leave=first.leave_on,
        day=get_business_day(now),
        at=order.placed_at,
    )
    if terms.days_left < 0:
        raise OrderNotCancellable
    return (
        say("{0}，离到店 {1} 天，退 {2}", suborder.producer, terms.days_left, percent_bp(terms.refund_bp)),
        compute_stay_refund(paid_fen=left, refund_bp=terms.refund_bp),
    )


def _choose_suborders(order: OrderView, position: int | None, *, package: bool) -> list[SuborderView]:
    """Return the suborder at a position, or all of them; of a package what remains of it.

    Raises:
        NotFound: the order has no such suborder.
        OrderNotCancellable: a chosen suborder can no longer be cancelled.
        PackageCancelledWhole: one suborder of a package is chosen.
    """
    suborders = [suborder for suborder in order.suborders if position is None or suborder.position == position]
    if not suborders:
        raise NotFound
    if order.state is OrderState.PLACED:
        return list(order.suborders)
    cancellable = {SuborderState.DEPOSITED, SuborderState.PAID}
    if package and position is not None:
        raise PackageCancelledWhole
    if package:
        suborders = [each for each in suborders if each.state in cancellable]
    if not suborders or any(suborder.state not in cancellable for suborder in suborders):
        raise OrderNotCancellable
    return suborders


def render_order_refusal(request: HttpRequest, actor: Actor, refusal: Refusal, number: int) -> Response[bytes]:
    """Render a refusal with a link back to the order."""
    context = {
        "text": refusal.text(get_language()), "number": get_refusal_number(refusal.code), "status": refusal.status,
        "faults": (),
        "sign_in": "", "posted": False, "back": WayBack(f"/orders/{number}", say("回订单看看"), ""),
    }  # fmt: skip
    return render_page(request, "refusal.html", context, actor=actor, status=refusal.status)


@get("/orders/{number:int}/cancel", include_in_schema=False, english=True)
async def show_cancellation(
    request: HttpRequest, actor: NamedDependency[Actor], number: ShortNumber
) -> Response[bytes]:
    """Show the refund of a cancellation, and ask for confirmation.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    return await _confirm_cancellation(request, actor, number)


async def _confirm_cancellation(
    request: HttpRequest, actor: Actor, number: int, changed: RefundChanged | None = None
) -> Response[bytes]:
    """Render the refund to confirm; with `changed`, the refund of now and that it is another one."""
    services = get_services(request)
    position = parse_integer(request.query_params.get("part", ""), maximum=_MAX_POSITION)
    now = services.clock.now()
    async with services.db.connection() as conn:
        order = await get_order(conn, services.seal, actor, await get_order_id(conn, actor, number))
        package = await is_package(conn, order.id)
        unpaid = order.state is OrderState.PLACED
        try:
            suborders = _choose_suborders(order, position, package=package)
            back = [] if unpaid else [await _compute_refund(conn, order, suborder, now) for suborder in suborders]
        except (OrderNotCancellable, PackageCancelledWhole) as refusal:
            return render_order_refusal(request, actor, refusal, number)
    total = Fen(sum(fen for _, fen in back)) if changed is None else cast("Fen", changed.facts["refund_fen"])
    whole = unpaid or package or len(suborders) == len(order.suborders)
    context = {
        "title": say("取消订单 {0}", number) if whole else say("取消{0}的", suborders[0].producer),
        "changed": "" if changed is None else say("要退的钱变了，现在退 {0} 元，看过再按。", yuan(total)),
        "rows": [(f"{suborder.producer}", say("还没付，不用退")) for suborder in suborders] if unpaid else back,
        "amount_fen": None if unpaid else total,
        "refund_fen": total,
        "text": say("取消了，给您留着的放回去给别人。")
        if unpaid
        else say("钱从哪里付的退到哪里，{0}。", say(REFUND_ARRIVAL)),
        "action": f"/orders/{number}/cancel" + ("" if unpaid or position is None else f"?part={position}"),
        "words": say("取消订单") if unpaid else say("取消，退 {0} 元", yuan(total)) if total else say("取消，不退钱"),
        "back": f"/orders/{number}",
        "key": None,
    }
    status = 200 if changed is None else changed.status
    return render_page(request, "shop/cancel.html", context, actor=actor, status=status)


@post("/orders/{number:int}/cancel", include_in_schema=False, english=True)
async def submit_cancellation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    gateway: NamedDependency[GuardedGateway],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Cancel an order or one of its suborders; a form sent twice cancels once.

    If the refund is not the one that the page showed, nothing is cancelled and the page shows that of now.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    form = await read_form(request)
    position = parse_integer(request.query_params.get("part", ""), maximum=_MAX_POSITION)
    shown = parse_integer(form.get_text("refund"))
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
    positions = None if position is None else [position]
    try:
        await cancel_order(
            db, gateway, seal, actor, order_id,
            positions=positions, refund_fen=None if shown is None else Fen(shown), now=clock.now(),
        )  # fmt: skip
    except (OrderNotCancellable, PackageCancelledWhole) as refusal:
        return render_order_refusal(request, actor, refusal, number)
    except RefundChanged as refusal:
        return await _confirm_cancellation(request, actor, number, refusal)
    return redirect(f"/orders/{number}?said=cancelled")


@post("/orders/{number:int}/receive/{position:int}", include_in_schema=False, english=True)
async def submit_receipt(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Confirm receipt of a parcel, which releases its escrow to the producer.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
        NothingToReceive: the suborder's state does not allow it.
    """
    await read_form(request)
    async with db.transaction() as conn:
        order_id = await get_order_id(conn, actor, number)
        await confirm_receipt(conn, seal, actor, order_id, positions=[position], now=clock.now())
    return redirect(f"/orders/{number}?said=received")


@post("/orders/{number:int}/again", include_in_schema=False, english=True)
async def submit_again(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Put the goods of an order into the cart again, and show the cart.

    Raises:
        NotFound: the order belongs to someone else, or has no goods.
        TooManyLines: the cart would be too long for one order.
    """
    await read_form(request)
    async with db.transaction() as conn:
        await buy_again(conn, actor, number, now=clock.now())
    return redirect("/cart")


ROUTES = [submit_again, show_cancellation, submit_cancellation, submit_receipt]
