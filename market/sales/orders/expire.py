"""Expiry of unpaid orders: their stock, nights and places are freed once."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from market.catalogue.bookings.models import BookingState
from market.catalogue.bookings.transitions import free_bookings
from market.catalogue.slots.models import ReservationState
from market.catalogue.slots.transitions import free_places
from market.catalogue.stock.models import StockMoveReason
from market.catalogue.stock.reservations import free_stock
from market.kernel import Connection, Database, GatewayUnavailable, Query
from market.kernel.database import limit_lock_wait
from market.kernel.failures import forget_failures, record_failure
from market.sales.orders.checkout.redemptions import free_vouchers
from market.sales.orders.models import OrderId, OrderState, SuborderState
from market.sales.orders.transitions import list_suborder_ids, move_orders, move_suborders
from payments import Gateway, PaymentId, ProviderMismatch, close_payment
from payments.errors import AlreadyPaid
from payments.retries import RetryPolicy, run_each

log = structlog.get_logger()

PROVIDER_GRACE = timedelta(minutes=10)
"""How much longer goods stay reserved if the provider does not confirm that a payment is closed.

Afterwards they are freed anyway: a payment that still arrives reserves them again or is refunded.
"""
MAX_EXPIRED = 500
EXPIRY_CHUNK = 100
MAX_CONCURRENT_CLOSES = 8
MAX_LOCK_WAIT_MS = 300
"""What holds the stock, rooms or places of an order for longer is not just a checkout."""
EXPIRY_JOB = "expire_order"
EXPIRY_RETRIES = RetryPolicy(first_delay=timedelta(seconds=30), max_delay=timedelta(hours=1))
CLOCK_ACTOR = "clock"


class OverdueOrder(Struct, frozen=True):
    """An unpaid order past its deadline, and its open payment."""

    id: OrderId
    pay_until: datetime
    payment_id: PaymentId


# An order whose payment is captured becomes a paid one by the payment's event; a contract is paid after acceptance.
LIST_OVERDUE = Query(
    OverdueOrder,
    """
    SELECT orders.id, pay_until, payments.id AS payment_id
      FROM orders JOIN payments.payments ON order_ref = number::text
     WHERE waits_for = 'payment' AND terms <> 'contract' AND paid_at IS NULL AND pay_until <= :now
       AND payments.state NOT IN ('captured', 'failed', 'canceled', 'expired')
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'expire_order' AND item = orders.id AND next_at > clock_timestamp())
     ORDER BY pay_until
     LIMIT :limit
    """,
)
LIST_OVERDUE_WITHOUT_PAYMENT = Query(
    UUID,
    """
    SELECT id FROM orders
     WHERE waits_for = 'payment' AND terms <> 'contract' AND paid_at IS NULL AND pay_until <= :now
       AND NOT EXISTS (SELECT FROM payments.payments
                        WHERE order_ref = number::text AND payments.state NOT IN ('failed', 'canceled', 'expired'))
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'expire_order' AND item = orders.id AND next_at > clock_timestamp())
     ORDER BY pay_until
     LIMIT :limit
    """,
)
# A purchase of a public unit may have got more time since the order was listed.
LOCK_UNPAID = Query(
    UUID,
    """
    SELECT id FROM orders
     WHERE id = ANY(:order_ids::uuid[]) AND state = 'placed' AND terms <> 'contract' AND pay_until <= :now
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    """,
)


async def expire_orders(db: Database, gateway: Gateway, *, now: datetime, limit: int = MAX_EXPIRED) -> int:
    """Expire orders that were not paid in time, at most `limit` (≤ 500) of each kind; return how many.

    Orders without an open payment come first, in chunks with a commit each. An open payment is closed at the provider
    before its order expires, so that it can no longer be charged; if it has just succeeded the order does not expire.
    Each of these orders commits by itself, as do those of a chunk that fails: an order that cannot be expired, such as
    one whose stock is locked, is tried again ever later and delays no other. Safe to run concurrently.
    """
    limit = min(limit, MAX_EXPIRED)
    async with db.connection() as conn:
        without_payment = await LIST_OVERDUE_WITHOUT_PAYMENT.all(conn, now=now, limit=limit)
        overdue = await LIST_OVERDUE.all(conn, now=now, limit=limit)
    expired = 0

    async def expire_chunk(order_ids: list[OrderId]) -> None:
        nonlocal expired
        async with db.transaction() as conn:
            await limit_lock_wait(conn, MAX_LOCK_WAIT_MS)
            expired += await expire_unpaid(conn, order_ids, now)
        await forget_failures(db, job=EXPIRY_JOB, items=order_ids)

    async def expire_one(order_id: OrderId) -> None:
        await expire_chunk([order_id])

    async def close_and_expire(order: OverdueOrder) -> None:
        if await _close_payment(db, gateway, order, now):
            await expire_one(order.id)

    async def fail_chunk(chunk: list[OrderId], error: Exception) -> None:
        log.warning("orders_expired_one_by_one", orders=len(chunk), exc_info=error)
        await run_each(chunk, expire_one, fail_one, concurrency=MAX_CONCURRENT_CLOSES)

    async def fail_one(order_id: OrderId, error: Exception) -> None:
        await record_failure(db, EXPIRY_RETRIES, job=EXPIRY_JOB, item=order_id, error=error)

    async def fail(order: OverdueOrder, error: Exception) -> None:
        await fail_one(order.id, error)

    order_ids = [OrderId(each) for each in without_payment]
    chunks = [order_ids[start : start + EXPIRY_CHUNK] for start in range(0, len(order_ids), EXPIRY_CHUNK)]
    await run_each(chunks, expire_chunk, fail_chunk)
    await run_each(overdue, close_and_expire, fail, concurrency=MAX_CONCURRENT_CLOSES)
    return expired


async def _close_payment(db: Database, gateway: Gateway, order: OverdueOrder, now: datetime) -> bool:
    try:
        await close_payment(db, gateway, order.payment_id, reason="expired", at=now)
    except AlreadyPaid:
        return False
    except (GatewayUnavailable, ProviderMismatch):
        return order.pay_until + PROVIDER_GRACE <= now
    return True


async def expire_unpaid(conn: Connection, order_ids: list[OrderId], now: datetime) -> int:
    """Expire those of the orders that are still unpaid, in the caller's transaction; return how many.

    Orders locked by another transaction are skipped.
    """
    locked = await LOCK_UNPAID.all(conn, order_ids=order_ids, now=now)
    moved = await move_orders(conn, locked, OrderState.EXPIRED, now=now)
    if not moved:
        return 0
    suborders = await list_suborder_ids(conn, moved)
    await move_suborders(conn, suborders, SuborderState.EXPIRED, actor=CLOCK_ACTOR, now=now)
    await free_stock(conn, moved, reason=StockMoveReason.EXPIRED, now=now)
    await free_bookings(conn, moved, state=BookingState.EXPIRED)
    await free_places(conn, moved, state=ReservationState.EXPIRED)
    await free_vouchers(conn, moved, now=now)
    return len(moved)
