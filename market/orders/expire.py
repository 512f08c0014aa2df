"""Letting unpaid orders go: their goods and nights come free, once."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.bookings import BookingState, free_bookings
from market.kernel import Connection, Database, GatewayUnavailable, Query
from market.orders.models import OrderId, OrderState, SuborderState
from market.orders.move import all_suborders, move_orders, move_suborders
from market.stock import Reason, release_held
from payments import Gateway, PaymentId, ProviderDisagrees, close_payment
from payments.models import AlreadyPaid

PATIENCE = timedelta(minutes=10)
"""How much longer goods are kept while the provider cannot say whether a payment is over.

Afterwards they come free all the same: money that then still comes in takes them again, or goes back.
"""
MOST = 500
BY_CLOCK = "clock"


class Due(Struct, frozen=True):
    """An unpaid order whose time is over, and its payment under way."""

    id: OrderId
    pay_until: datetime
    payment_id: PaymentId | None


DUE = Query(
    Due,
    """
    SELECT id, pay_until,
           (SELECT payments.id FROM payments.payments
             WHERE order_ref = number::text AND payments.state NOT IN ('failed', 'canceled', 'expired')
             LIMIT 1) AS payment_id
      FROM orders
     WHERE state = 'placed' AND pay_until <= :now
     ORDER BY pay_until
     LIMIT :most
    """,
)
LOCK_DUE = Query(
    UUID,
    """
    SELECT id FROM orders
     WHERE id = ANY(:order_ids::uuid[]) AND state = 'placed'
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    """,
)


async def expire_orders(db: Database, gateway: Gateway, *, now: datetime, limit: int = MOST) -> int:
    """Let the orders go that were not paid in time, at most `limit` (≤ 500); return how many went.

    A payment under way is ended at the provider first, so that nobody pays for nothing; one that went through just now
    keeps its order. Safe to run twice at once.
    """
    async with db.connection() as conn:
        due = await DUE.all(conn, now=now, most=min(limit, MOST))
    over = [order.id for order in due if await _ended(db, gateway, order, now)]
    if not over:
        return 0
    async with db.transaction() as conn:
        return await let_go(conn, over, now)


async def _ended(db: Database, gateway: Gateway, order: Due, now: datetime) -> bool:
    if order.payment_id is None:
        return True
    try:
        await close_payment(db, gateway, order.payment_id, why="expired", at=now)
    except AlreadyPaid:
        return False
    except (GatewayUnavailable, ProviderDisagrees):
        return order.pay_until + PATIENCE <= now
    return True


async def let_go(conn: Connection, order_ids: list[OrderId], now: datetime) -> int:
    """Expire those of the orders that are still unpaid, in the caller's transaction; return how many went.

    Orders that someone else is working on at this moment are left alone.
    """
    locked = await LOCK_DUE.all(conn, order_ids=order_ids)
    moved = await move_orders(conn, locked, OrderState.EXPIRED, now=now)
    if not moved:
        return 0
    suborders = await all_suborders(conn, moved)
    await move_suborders(conn, suborders, SuborderState.EXPIRED, actor=BY_CLOCK, now=now)
    await release_held(conn, moved, reason=Reason.EXPIRED, now=now)
    await free_bookings(conn, moved, state=BookingState.EXPIRED)
    return len(moved)
