"""Parcels that nobody picked up in time: fresh goods are lost to the buyer, others go back and are refunded."""

from datetime import datetime, timedelta
from uuid import UUID

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.notify.notifications import notify_account, notify_producer
from market.sales.aftersales.receive import receive_suborders
from market.sales.orders.cancel import cancel_suborders
from market.sales.orders.expire import CLOCK_ACTOR
from market.sales.orders.models import SuborderState
from market.sales.orders.transitions import finish_order, load_suborders, lock_order_by_suborder
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_each

MAX_OVERDUE = 300
END_JOB = "end_pickups"
END_RETRIES = RetryPolicy(first_delay=timedelta(minutes=10), max_delay=timedelta(days=1))
NOT_COLLECTED = "not_collected"
"""The reason of these refunds."""

# A buyer who disputes the payment has the bank decide.
LIST_OVERDUE_PICKUPS = Query(
    UUID,
    """
    SELECT suborder_id FROM pickups JOIN suborders ON suborders.id = suborder_id JOIN orders ON orders.id = order_id
     WHERE pickups.state = 'arrived' AND arrived_at < :before AND suborders.state = 'shipped'
       AND NOT EXISTS (SELECT FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                        WHERE order_ref = orders.number::text AND disputes.state = 'open')
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'end_pickups' AND item = suborder_id AND next_at > clock_timestamp())
     ORDER BY arrived_at LIMIT :limit
    """,
)
MARK_RETURNED = Query(
    UUID,
    """
    UPDATE pickups SET state = 'returned', code_sealed = NULL
     WHERE suborder_id = :suborder_id AND state = 'arrived'
    RETURNING suborder_id
    """,
)
# A seller who keeps the point could say that goods arrived which were never there, and wait to be paid for them.
COUNTS_AS_RECEIVED = Query(
    bool,
    """
    SELECT bool_or(perishable)
           AND NOT EXISTS (SELECT FROM pickups
                             JOIN pickup_points ON pickup_points.id = point_id
                             JOIN suborders ON suborders.id = pickups.suborder_id
                             JOIN producer_members m ON m.producer_id = suborders.producer_id
                            WHERE pickups.suborder_id = :suborder_id AND is_same_person(m.account_id, keeper_id))
      FROM order_lines WHERE suborder_id = :suborder_id
    """,
)


async def end_overdue_pickups(db: Database, seal: Seal, *, days: int, now: datetime) -> int:
    """End the pickups whose last day, `days` after their arrival, is over; return how many, at most 300 a call.

    A parcel with fresh goods counts as received: they spoiled at the point, through no fault of the seller, unless who
    keeps the point works for the seller. Any other goes back to the seller and is refunded without its freight. One
    transaction each; the worker sends the refunds.
    """
    before = get_day_start(get_business_day(now) - timedelta(days=days))
    async with db.connection() as conn:
        overdue = await LIST_OVERDUE_PICKUPS.all(conn, before=before, limit=MAX_OVERDUE)
    ended = 0

    async def end(suborder_id: UUID) -> None:
        nonlocal ended
        async with db.transaction() as conn:
            ended += await _end(conn, seal, suborder_id, now=now)
        await forget_failure(db, job=END_JOB, item=suborder_id)

    async def fail(suborder_id: UUID, error: Exception) -> None:
        await record_failure(db, END_RETRIES, job=END_JOB, item=suborder_id, error=error)

    await run_each(overdue, end, fail)
    return ended


async def _end(conn: Connection, seal: Seal, suborder_id: UUID, *, now: datetime) -> bool:
    """End one pickup; return False if it was collected or received meanwhile."""
    order = await lock_order_by_suborder(conn, suborder_id)
    assert order is not None, "a suborder has an order"
    suborder = next(each for each in await load_suborders(conn, order.id) if each.id == suborder_id)
    if suborder.state is not SuborderState.SHIPPED:
        return False
    if await MARK_RETURNED.maybe(conn, suborder_id=suborder_id) is None:
        return False
    if await COUNTS_AS_RECEIVED.one(conn, suborder_id=suborder_id):
        await receive_suborders(conn, seal, order, [suborder], actor=CLOCK_ACTOR, now=now)
        facts = {"order": str(order.number)}
        await notify_account(conn, seal, order.buyer_id, "pickup_spoiled", facts, now=now)
        return True
    refunds = await cancel_suborders(
        conn, seal, order, [(suborder, suborder.goods_left_fen)], actor=CLOCK_ACTOR, reason=NOT_COLLECTED,
        by=order.buyer_id, restock=False, with_freight=False, now=now,
    )  # fmt: skip
    await finish_order(conn, order.id, now=now)
    facts = {"order": str(order.number), "amount": format_yuan(sum(each.amount_minor for each in refunds))}
    await notify_account(conn, seal, order.buyer_id, "pickup_returned", facts, now=now)
    await notify_producer(conn, seal, suborder.producer_id, "pickup_returned_seller", facts, now=now)
    return True
