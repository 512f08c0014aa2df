"""The packages of an order as its buyer sees them, and cancelling the rest after a host cancelled its part."""

from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingKind
from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account
from market.sales.orders.cancel import Cancellation, cancel_suborders, list_booked_visits, lock_own_order
from market.sales.orders.models import OrderState, SuborderKind, SuborderState
from market.sales.orders.transitions import LockedOrder, LockedSuborder, finish_order, load_suborders
from market.sales.packages.models import REST_HOURS, REST_WINDOW, RestNotFree
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan


class OrderedPart(Struct, frozen=True, kw_only=True):
    """A part of an order's packages: who supplies how many of them, in which suborder, and at what price."""

    position: int
    suborder_position: int
    kind: ListingKind
    producer: str
    title: str
    packages: int
    quantity: int
    amount_fen: Fen
    state: SuborderState


class OrderedPackage(Struct, frozen=True, kw_only=True):
    """The packages of an order.

    `rest_until`: a host cancelled its part, and until then the buyer may cancel the rest without cost.
    """

    order_id: UUID
    number: int
    title: str
    count: int
    price_fen: Fen
    arrive_on: date | None
    on_sale: bool
    parts: list[OrderedPart]
    rest_until: datetime | None


class _OrderedPackageRow(Struct, frozen=True, kw_only=True):
    order_id: UUID
    number: int
    title: str
    count: int
    price_fen: Fen
    arrive_on: date | None
    on_sale: bool
    parts: list[OrderedPart]
    host_cancelled_at: datetime | None


# What a host cancels is cancelled by another account than the buyer's, or by the clock for it; a parcel that was not
# sent lets nobody out of a stay.
HOST_CANCELLED_AT = """
    (SELECT max(event.at)
       FROM suborder_events AS event
       JOIN suborders AS gone ON gone.id = event.suborder_id AND gone.kind <> 'goods'
      WHERE gone.order_id = orders.id AND event.state = 'cancelled' AND event.actor <> orders.buyer_id::text)"""
FIND_ORDERED_PACKAGE = Query(
    _OrderedPackageRow,
    """
    SELECT orders.id AS order_id, packages.number, packages.title, count, package_orders.price_fen, arrive_on,
           packages.state = 'live' AND upper(valid_during) > :day::date AS on_sale, """
    + HOST_CANCELLED_AT
    + """ AS host_cancelled_at,
           (SELECT jsonb_agg(jsonb_build_object(
                   'position', l.position, 'suborder_position', s.position, 'kind', part.kind,
                   'producer', producers.name, 'title', line.title, 'packages', l.packages, 'quantity', line.quantity,
                   'amount_fen', line.amount_fen, 'state', s.state) ORDER BY l.position, s.position)
              FROM package_lines l
              JOIN package_parts part ON part.package_id = l.package_id AND part.position = l.position
              JOIN order_lines line ON line.id = l.line_id
              JOIN suborders s ON s.id = line.suborder_id
              JOIN producers ON producers.id = s.producer_id
             WHERE l.order_id = orders.id) AS parts
      FROM package_orders
      JOIN packages ON packages.id = package_id
      JOIN orders ON orders.id = order_id
     WHERE order_id = :order_id AND buyer_id = :buyer_id
    """,
)
GET_HOST_CANCELLED_AT = Query(
    datetime,
    "SELECT "
    + HOST_CANCELLED_AT
    + " AS at FROM package_orders JOIN orders ON orders.id = order_id WHERE order_id = :order_id AND "
    + HOST_CANCELLED_AT
    + " IS NOT NULL",
)


async def find_ordered_package(
    conn: Connection, buyer: Actor, order_id: UUID, *, now: datetime
) -> OrderedPackage | None:
    """Return the packages of an order of the buyer's, or None if it was not placed as one."""
    row = await FIND_ORDERED_PACKAGE.maybe(
        conn, order_id=order_id, buyer_id=buyer.account_id, day=get_business_day(now)
    )
    if row is None:
        return None
    until = None if row.host_cancelled_at is None else row.host_cancelled_at + REST_WINDOW
    open_part = any(part.state is SuborderState.PAID for part in row.parts)
    return build_from(
        OrderedPackage, row, rest_until=until if until is not None and open_part and now < until else None
    )


async def get_ordered_package(conn: Connection, buyer: Actor, order_id: UUID, *, now: datetime) -> OrderedPackage:
    """Return the packages of an order of the buyer's.

    Raises:
        NotFound: the order is not the buyer's, or was not placed as a package.
    """
    package = await find_ordered_package(conn, buyer, order_id, now=now)
    if package is None:
        raise NotFound
    return package


async def cancel_package_rest(
    db: Database, gateway: Gateway, seal: Seal, buyer: Actor, order_id: UUID, *, now: datetime
) -> Cancellation:
    """Cancel what remains of a package after a host cancelled its part; opens its own transactions.

    All that was paid for it is refunded, whatever its tiers say: goods that are not sent, stays and activities that
    have not begun. What has begun or was sent stays.

    Raises:
        NotFound: the order is not the buyer's, or was not placed as a package.
        RestNotFree: no host cancelled a part within the last 72 hours, or nothing is left to cancel.
        PaymentDisputed: a dispute over the order is open.
    """
    async with db.transaction() as conn:
        order = await lock_own_order(conn, buyer, order_id)
        await get_ordered_package(conn, buyer, order_id, now=now)
        cancellation, refunds = await _cancel_rest(conn, seal, order, buyer, now=now)
    for refund_id in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
    return cancellation


async def _cancel_rest(
    conn: Connection, seal: Seal, order: LockedOrder, buyer: Actor, *, now: datetime
) -> tuple[Cancellation, list[RefundId]]:
    cancelled_at = await GET_HOST_CANCELLED_AT.maybe(conn, order_id=order.id)
    rest = await list_rest(conn, order.id, now=now)
    if cancelled_at is None or now >= cancelled_at + REST_WINDOW or not rest or order.state is not OrderState.PAID:
        raise RestNotFree(hours=REST_HOURS)
    shares = [(each, each.goods_left_fen) for each in rest]
    refunds = await cancel_suborders(
        conn, seal, order, shares, actor=str(buyer.account_id), reason="cancelled", by=buyer.account_id,
        note="rest of a package", now=now,
    )  # fmt: skip
    state = await finish_order(conn, order.id, now=now) or order.state
    refunded_fen = Fen(sum(refund.amount_minor for refund in refunds))
    facts = {"order": str(order.number), "amount": format_yuan(refunded_fen)}
    await notify_account(conn, seal, order.buyer_id, "order_cancelled", facts, now=now)
    return Cancellation(order.id, state, refunded_fen), [refund.id for refund in refunds]


async def list_rest(conn: Connection, order_id: UUID, *, now: datetime) -> list[LockedSuborder]:
    """Return the paid suborders of an order that have not begun, for callers that have checked whose it is."""
    today = get_business_day(now)
    visits = {each.suborder_id: each for each in await list_booked_visits(conn, order_id, now=now)}
    return [
        each
        for each in await load_suborders(conn, order_id)
        if each.state is SuborderState.PAID
        and (
            each.kind is SuborderKind.GOODS
            or (each.id in visits and not visits[each.id].begun and visits[each.id].arrive_on >= today)
        )
    ]
