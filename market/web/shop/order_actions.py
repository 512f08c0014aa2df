"""Actions of a buyer on an order: cancel it after seeing the refund, confirm receipt, review."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales.models import AlreadyReviewed, InvalidReview
from market.aftersales.receive import confirm_receipt
from market.aftersales.review import write_review
from market.bookings.calendar import get_cancellation_terms
from market.bookings.tiers import compute_stay_refund
from market.catalogue.detail import get_listing_id
from market.http import HttpRequest
from market.identity.models import Actor, NotFound
from market.kernel import Connection, Database, Fen, FieldFault, Refusal
from market.kernel.clock import Clock, get_business_day
from market.kernel.refusal_numbers import get_refusal_number
from market.kernel.seal import Seal
from market.orders.cancel import cancel_order
from market.orders.models import OrderNotCancellable, OrderState, SuborderState
from market.orders.places import get_places_terms
from market.orders.queries import LineView, OrderView, SuborderView, get_order, get_order_id
from market.web.forms import parse_integer, read_form
from market.web.pages import WayBack, redirect, render_page
from market.web.shop.cards import ShortNumber
from market.web.shop.promises import REFUND_ARRIVAL
from market.web.ui.format import percent_bp, yuan
from payments import GuardedGateway

_MAX_POSITION = 1000
_MAX_RATING = 5


class ReviewForm(Struct, frozen=True):
    """The review form as it was typed."""

    rating: str = ""
    text: str = ""


async def _compute_refund(conn: Connection, suborder: SuborderView, now: datetime) -> tuple[str, Fen]:
    """Return the refund for cancelling a paid suborder now, and a text that explains it."""
    left = Fen(suborder.goods_fen - suborder.discount_fen - suborder.refunded_fen)
    if suborder.places is not None:
        places, terms = suborder.places, get_places_terms(suborder.places, now)
        if now >= places.starts_at:
            raise OrderNotCancellable
        return (
            f"{suborder.producer}，离去的那天 {terms.days_left} 天，退 {percent_bp(terms.refund_bp)}",
            compute_stay_refund(paid_fen=left, refund_bp=terms.refund_bp),
        )
    if not suborder.bookings:
        return f"{suborder.producer}，货款和运费全退", Fen(left + suborder.freight_fen)
    first = suborder.bookings[0]
    terms = await get_cancellation_terms(
        conn, first.listing_id, arrive=first.arrive_on, leave=first.leave_on, day=get_business_day(now)
    )
    if terms.days_left < 0:
        raise OrderNotCancellable
    return (
        f"{suborder.producer}，离到店 {terms.days_left} 天，退 {percent_bp(terms.refund_bp)}",
        compute_stay_refund(paid_fen=left, refund_bp=terms.refund_bp),
    )


def _choose_suborders(order: OrderView, position: int | None) -> list[SuborderView]:
    """Return the suborder at a position, or all of them.

    Raises:
        NotFound: the order has no such suborder.
        OrderNotCancellable: a chosen suborder can no longer be cancelled.
    """
    suborders = [suborder for suborder in order.suborders if position is None or suborder.position == position]
    if not suborders:
        raise NotFound
    if order.state is OrderState.PLACED:
        return list(order.suborders)
    if order.state is not OrderState.PAID or any(suborder.state is not SuborderState.PAID for suborder in suborders):
        raise OrderNotCancellable
    return suborders


def _refusal_page(request: HttpRequest, actor: Actor, refusal: Refusal, number: int) -> Response[bytes]:
    """Render a refusal with a link back to the order."""
    context = {
        "text": refusal.text("zh"), "number": get_refusal_number(refusal.code), "status": refusal.status, "faults": (),
        "sign_in": "", "back": WayBack(f"/orders/{number}", "回订单看看", ""),
    }  # fmt: skip
    return render_page(request, "refusal.html", context, actor=actor, status=refusal.status)


@get("/orders/{number:int}/cancel", include_in_schema=False)
async def show_cancellation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[bytes]:
    """Show the refund of a cancellation, and ask for confirmation.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    position = parse_integer(request.query_params.get("part", ""), maximum=_MAX_POSITION)
    async with db.connection() as conn:
        order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
        unpaid = order.state is OrderState.PLACED
        try:
            suborders = _choose_suborders(order, position)
            back = [] if unpaid else [await _compute_refund(conn, suborder, clock.now()) for suborder in suborders]
        except OrderNotCancellable as refusal:
            return _refusal_page(request, actor, refusal, number)
    total = Fen(sum(fen for _, fen in back))
    whole = unpaid or len(suborders) == len(order.suborders)
    context = {
        "title": f"取消订单 {number}" if whole else f"取消{suborders[0].producer}的",
        "rows": [(f"{suborder.producer}", "还没付，不用退") for suborder in suborders] if unpaid else back,
        "amount_fen": None if unpaid else total,
        "text": "取消了，给您留着的放回去给别人。" if unpaid else f"钱从哪里付的退到哪里，{REFUND_ARRIVAL}。",
        "action": f"/orders/{number}/cancel" + ("" if unpaid or position is None else f"?part={position}"),
        "words": "取消订单" if unpaid else f"取消，退 {yuan(total)} 元" if total else "取消，不退钱",
        "back": f"/orders/{number}",
        "key": None,
    }
    return render_page(request, "shop/cancel.html", context, actor=actor)


@post("/orders/{number:int}/cancel", include_in_schema=False)
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

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    await read_form(request)
    position = parse_integer(request.query_params.get("part", ""), maximum=_MAX_POSITION)
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
    positions = None if position is None else [position]
    try:
        await cancel_order(db, gateway, seal, actor, order_id, positions=positions, now=clock.now())
    except OrderNotCancellable as refusal:
        return _refusal_page(request, actor, refusal, number)
    return redirect(f"/orders/{number}?said=cancelled")


@post("/orders/{number:int}/receive/{position:int}", include_in_schema=False)
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


async def _load_suborder(conn: Connection, seal: Seal, actor: Actor, number: int, position: int) -> SuborderView:
    order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
    suborder = next((suborder for suborder in order.suborders if suborder.position == position), None)
    if suborder is None:
        raise NotFound
    return suborder


def _review_page(
    request: HttpRequest,
    actor: Actor,
    title: str,
    values: ReviewForm,
    errors: tuple[FieldFault, ...] = (),
    *,
    status: int = 200,
) -> Response[bytes]:
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    context = {
        "title": title,
        "action": f"{path}{query}",
        "back": path.partition("/review/")[0],
        "draft": _name_draft(path, request.query_params.get("listing", "")),
        "values": values,
        "errors": errors,
    }
    return render_page(request, "shop/review.html", context, actor=actor, status=status)


def _name_draft(path: str, listing: str) -> str:
    """Return the name of a review's draft: `review-4598-1-7` for a listing of a suborder of an order."""
    _, _, number, _, position = path.split("/")
    return f"review-{number}-{position}-{listing}"


def _get_line(suborder: SuborderView, listing: int) -> LineView:
    line = next((line for line in suborder.lines if line.listing_number == listing), None)
    if line is None:
        raise NotFound
    return line


@get("/orders/{number:int}/review/{position:int}", include_in_schema=False)
async def show_review_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Ask for a review of a received listing.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    listing = parse_integer(request.query_params.get("listing", "")) or 0
    async with db.connection() as conn:
        suborder = await _load_suborder(conn, seal, actor, number, position)
    line = _get_line(suborder, listing)
    if line.reviewed:
        return _refusal_page(request, actor, AlreadyReviewed(), number)
    return _review_page(request, actor, line.title, ReviewForm())


@post("/orders/{number:int}/review/{position:int}", include_in_schema=False)
async def submit_review(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Store a review.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
        NotReceivedYet: the suborder is not received.
        StayNotOver: it is a stay before its last night.
    """
    form = await read_form(request)
    values = form.fill(ReviewForm)
    listing = parse_integer(request.query_params.get("listing", "")) or 0
    async with db.connection() as conn:
        suborder = await _load_suborder(conn, seal, actor, number, position)
        listing_id = await get_listing_id(conn, listing)
    title = _get_line(suborder, listing).title
    rating = parse_integer(values.rating, maximum=_MAX_RATING) or 0
    try:
        async with db.transaction() as conn:
            await write_review(
                conn, actor, suborder.id, listing_id=listing_id, rating=rating, text=values.text, now=clock.now()
            )
    except InvalidReview as refusal:
        errors = refusal.errors or (FieldFault("rating", refusal.text("zh")),)
        return _review_page(request, actor, title, values, errors, status=refusal.status)
    except AlreadyReviewed as refusal:
        return _refusal_page(request, actor, refusal, number)
    return redirect(f"/orders/{number}?said=reviewed", draft=form.draft)


ROUTES = [show_cancellation, submit_cancellation, submit_receipt, show_review_form, submit_review]
