"""What a buyer does with an order: cancel it, seeing first what comes back; confirm receipt; review."""

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales import AlreadyReviewed, ReviewWrong, confirm_receipt, write_review
from market.bookings import cancel_terms, refund_share
from market.catalogue import listing_id_of
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Fen, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders import (
    LineView,
    NotCancellable,
    OrderState,
    OrderView,
    SuborderState,
    SuborderView,
    cancel_order,
    get_order,
    order_numbered,
)
from market.web.cards import Number, read_number
from market.web.look.format import percent_bp, yuan
from market.web.plumbing import fields, page, see_other
from payments.stripe import Stripe

_MOST_PARTS = 1000
_MOST_STARS = 5

Asked = Request[Any, Any, Any]


class Values(Struct, frozen=True):
    """What the review form holds."""

    rating: str = ""
    text: str = ""


async def _back(conn: Connection, part: SuborderView, today: date) -> tuple[str, Fen]:
    """Return what cancelling a paid part gives back today, and how that is reckoned."""
    left = Fen(part.goods_fen - part.discount_fen - part.refunded_fen)
    if not part.bookings:
        return f"{part.producer}，货款和运费全退", Fen(left + part.freight_fen)
    first = part.bookings[0]
    terms = await cancel_terms(conn, first.listing_id, arrive=first.arrive_on, leave=first.leave_on, day=today)
    if terms.days_left < 0:
        raise NotCancellable
    return (
        f"{part.producer}，离到店 {terms.days_left} 天，退 {percent_bp(terms.refund_bp)}",
        refund_share(left, terms.refund_bp),
    )


def _chosen(order: OrderView, position: int | None) -> list[SuborderView]:
    """Return the parts that are meant.

    Raises:
        NotFound: there is no such part.
        NotCancellable: nothing of it can be cancelled any more.
    """
    parts = [part for part in order.suborders if position is None or part.position == position]
    if not parts:
        raise NotFound
    if order.state is OrderState.PLACED:
        return list(order.suborders)
    if order.state is not OrderState.PAID or any(part.state is not SuborderState.PAID for part in parts):
        raise NotCancellable
    return parts


def _refused(request: Asked, actor: Actor, refusal: Refusal, number: int) -> Response[bytes]:
    """Say why it cannot be done, and lead back to the order."""
    context = {
        "text": refusal.text("zh"), "code": refusal.code, "status": refusal.status, "faults": (), "sign_in": False,
        "buying": True, "back": f"/orders/{number}", "back_words": "回订单看看",
    }  # fmt: skip
    return page(request, "refusal.html", context, actor=actor, status=refusal.status)


@get("/orders/{number:int}/cancel", include_in_schema=False)
async def ask_cancel(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[bytes]:
    """Show what cancelling gives back, before it is done.

    Raises:
        NotFound: the order is not the person's, or has no such part.
    """
    position = read_number(request.query_params.get("part", ""), most=_MOST_PARTS)
    async with db.connection() as conn:
        order = await get_order(conn, seal, actor, await order_numbered(conn, actor, number))
        unpaid = order.state is OrderState.PLACED
        try:
            parts = _chosen(order, position)
            back = [] if unpaid else [await _back(conn, part, clock.today()) for part in parts]
        except NotCancellable as refusal:
            return _refused(request, actor, refusal, number)
    total = Fen(sum(fen for _, fen in back))
    context = {
        "title": f"取消订单 {number}" if unpaid or len(parts) == len(order.suborders) else f"取消{parts[0].producer}的",
        "rows": [(f"{part.producer}", "还没付，不用退") for part in parts] if unpaid else back,
        "amount_fen": None if unpaid else total,
        "text": "取消了，给您留着的放回去给别人。" if unpaid else "钱从哪里付的退到哪里，一般 1 到 3 天到。",
        "action": f"/orders/{number}/cancel" + ("" if unpaid or position is None else f"?part={position}"),
        "words": "取消订单" if unpaid else f"取消，退 {yuan(total)} 元",
        "back": f"/orders/{number}",
        "key": None,
    }
    return page(request, "shop/cancel.html", context, actor=actor)


@post("/orders/{number:int}/cancel", include_in_schema=False)
async def cancel(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    gateway: NamedDependency[Stripe],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[Any]:
    """Cancel an order or one part of it; pressing twice cancels once.

    Raises:
        NotFound: the order is not the person's, or has no such part.
    """
    await fields(request)
    position = read_number(request.query_params.get("part", ""), most=_MOST_PARTS)
    async with db.connection() as conn:
        order_id = await order_numbered(conn, actor, number)
    positions = None if position is None else [position]
    try:
        await cancel_order(db, gateway, seal, actor, order_id, positions=positions, now=clock.now())
    except NotCancellable as refusal:
        return _refused(request, actor, refusal, number)
    return see_other(f"/orders/{number}?said=cancelled")


@post("/orders/{number:int}/receive/{position:int}", include_in_schema=False)
async def receive(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
    position: Number,
) -> Response[Any]:
    """Confirm that a parcel was received: its money becomes the producer's.

    Raises:
        NotFound: the order is not the person's, or has no such part.
        NotReceivable: it cannot be received now.
    """
    await fields(request)
    async with db.transaction() as conn:
        order_id = await order_numbered(conn, actor, number)
        await confirm_receipt(conn, seal, actor, order_id, positions=[position], now=clock.now())
    return see_other(f"/orders/{number}?said=received")


async def _reviewed(conn: Connection, seal: Seal, actor: Actor, number: int, position: int) -> SuborderView:
    order = await get_order(conn, seal, actor, await order_numbered(conn, actor, number))
    part = next((part for part in order.suborders if part.position == position), None)
    if part is None:
        raise NotFound
    return part


def _review_page(
    request: Asked, actor: Actor, title: str, values: Values, errors: tuple[FieldFault, ...] = (), *, status: int = 200
) -> Response[bytes]:
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    context = {
        "title": title,
        "action": f"{path}{query}",
        "back": path.partition("/review/")[0],
        "values": values,
        "errors": errors,
    }
    return page(request, "shop/review.html", context, actor=actor, status=status)


def _line_of(part: SuborderView, listing: int) -> LineView:
    line = next((line for line in part.lines if line.listing_number == listing), None)
    if line is None:
        raise NotFound
    return line


@get("/orders/{number:int}/review/{position:int}", include_in_schema=False)
async def ask_review(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    number: Number,
    position: Number,
) -> Response[bytes]:
    """Ask for a review of a thing that was received.

    Raises:
        NotFound: the order is not the person's, or has no such part.
    """
    listing = read_number(request.query_params.get("listing", "")) or 0
    async with db.connection() as conn:
        part = await _reviewed(conn, seal, actor, number, position)
    line = _line_of(part, listing)
    if line.reviewed:
        return _refused(request, actor, AlreadyReviewed(), number)
    return _review_page(request, actor, line.title, Values())


@post("/orders/{number:int}/review/{position:int}", include_in_schema=False)
async def review(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
    position: Number,
) -> Response[Any]:
    """Keep a review.

    Raises:
        NotFound: the order is not the person's, or has no such part.
        NotReceivedYet: it was not received.
        NotSleptYet: it is a stay, and its nights are not over.
    """
    found = await fields(request)
    values = Values(str(found.get("rating", "")), str(found.get("text", "")))
    listing = read_number(request.query_params.get("listing", "")) or 0
    async with db.connection() as conn:
        part = await _reviewed(conn, seal, actor, number, position)
        listing_id = await listing_id_of(conn, listing)
    title = _line_of(part, listing).title
    rating = read_number(values.rating, most=_MOST_STARS) or 0
    try:
        async with db.transaction() as conn:
            await write_review(
                conn, actor, part.id, listing_id=listing_id, rating=rating, text=values.text, now=clock.now()
            )
    except ReviewWrong as refusal:
        errors = refusal.errors or (FieldFault("rating", refusal.text("zh")),)
        return _review_page(request, actor, title, values, errors, status=refusal.status)
    except AlreadyReviewed as refusal:
        return _refused(request, actor, refusal, number)
    return see_other(f"/orders/{number}?said=reviewed")


ROUTES = [ask_cancel, cancel, receive, ask_review, review]
