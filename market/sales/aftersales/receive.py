"""Confirm receipt, by the buyer or automatically after some days; this releases the escrow to the producer."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_money_owed
from market.sales.aftersales.models import NothingSent, NothingToReceive, NotWeighed
from market.sales.orders.catch_weight import list_unweighed
from market.sales.orders.escrow import release_escrow
from market.sales.orders.expire import CLOCK_ACTOR
from market.sales.orders.models import OrderState, SuborderKind, SuborderState
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    finish_order,
    load_suborders,
    lock_order,
    lock_order_by_suborder,
    move_suborders,
)
from payments.retries import RetryPolicy, run_each

MAX_OVERDUE = 500
RECEIPT_JOB = "confirm_receipt"
RECEIPT_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))


class ReceiptConfirmation(Struct, frozen=True):
    """The order's state after a receipt, and the positions of the received suborders."""

    order_id: UUID
    state: OrderState
    positions: list[int]


# A visit can be received from its first day.
LIST_EARLY_VISITS = Query(
    UUID,
    """
    SELECT suborder_id FROM bookings JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = :order_id AND lower(nights) > :day::date
    UNION
    SELECT suborder_id FROM slot_reservations JOIN suborders ON suborders.id = suborder_id
      JOIN slots ON slots.id = slot_id
     WHERE order_id = :order_id AND business_day(lower(during)) > :day::date
    """,
)
MARK_ALL_ARRIVED = Query(
    None,
    """
    UPDATE bookings SET state = 'arrived', arrived_at = :now
     WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND state = 'booked'
    """,
)
# Places that the clock receives were missed: nobody said that the guests came.
END_PLACES = Query(
    None,
    """
    UPDATE slot_reservations
       SET state = CASE WHEN :missed THEN 'missed' ELSE 'attended' END,
           attended_at = CASE WHEN NOT :missed THEN :now::timestamptz END
     WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND state = 'booked'
    """,
)
# A buyer who disputes the payment confirms nothing by silence. A parcel that its carrier knows counts from its
# delivery: until then nobody can have received it, and one that does not move waits for a person. One that waits at a
# pickup point ends there (`market/sales/pickups/end_pickups.py`).
_DISPUTED: LiteralString = """
    WITH disputed AS (
        SELECT orders.id
          FROM payments.disputes
          JOIN payments.payments ON payments.id = payment_id
          JOIN orders ON number = CASE WHEN order_ref ~ '^[0-9]{1,18}$' THEN order_ref::bigint END
         WHERE disputes.state = 'open'
    )
"""
_OVERDUE_PARCELS: LiteralString = """
    SELECT suborders.id FROM suborders LEFT JOIN tracked_parcels ON suborder_id = suborders.id
     WHERE suborders.state = 'shipped' AND shipped_at <= :shipped_before
       AND NOT EXISTS (SELECT FROM pickups WHERE pickups.suborder_id = suborders.id AND pickups.state = 'arrived')
       AND (tracked_parcels.state IS NULL OR tracked_parcels.state = 'waiting' OR delivered_at <= :shipped_before)
       AND order_id NOT IN (SELECT id FROM disputed)
"""
_OVERDUE_STAYS: LiteralString = """
    SELECT suborders.id FROM bookings JOIN suborders ON suborders.id = suborder_id
     WHERE bookings.state = 'booked' AND suborders.state = 'paid'
       AND upper(nights) <= :left_before::date
       AND order_id NOT IN (SELECT id FROM disputed)
"""
_OVERDUE_PLACES: LiteralString = """
    SELECT suborders.id FROM slot_reservations r JOIN suborders ON suborders.id = suborder_id
      JOIN slots ON slots.id = slot_id
     WHERE r.state = 'booked' AND suborders.state = 'paid' AND slots.state <> 'cancelled'
       AND business_day(upper(during)) <= :left_before::date
       AND order_id NOT IN (SELECT id FROM disputed)
"""
_NOT_FAILED: LiteralString = """
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'confirm_receipt' AND item = suborders.id AND next_at > clock_timestamp())
"""
_OF_ONE: LiteralString = " AND suborders.id = :suborder_id "
LIST_OVERDUE_SUBORDERS = Query(
    UUID,
    _DISPUTED
    + "(" + _OVERDUE_PARCELS + _NOT_FAILED + " ORDER BY shipped_at LIMIT :limit) UNION"
    + "(" + _OVERDUE_STAYS + _NOT_FAILED + " LIMIT :limit) UNION"
    + "(" + _OVERDUE_PLACES + _NOT_FAILED + " LIMIT :limit)",
)  # fmt: skip
IS_OVERDUE = Query(
    bool,
    _DISPUTED
    + "SELECT EXISTS (" + _OVERDUE_PARCELS + _OF_ONE + ") OR EXISTS (" + _OVERDUE_STAYS + _OF_ONE + ")"
    + " OR EXISTS (" + _OVERDUE_PLACES + _OF_ONE + ")",
)  # fmt: skip


async def confirm_receipt(
    conn: Connection,
    seal: Seal | None,
    buyer: Actor,
    order_id: UUID,
    *,
    positions: Sequence[int] | None = None,
    now: datetime,
) -> ReceiptConfirmation:
    """Confirm that an order, or its suborders at `positions`, was received, in the caller's transaction.

    The escrow of each is released to its producer, who is notified; those received before do not change. Without
    positions, every parcel that was sent and every visit whose first day has come is confirmed. A parcel that was
    handed over without being sent is confirmed only by its position: to confirm the rest of an order must not pay for
    what nobody has sent.

    Raises:
        NotFound: the order is not the buyer's, or has no such suborder.
        NothingToReceive: a requested suborder, or every suborder, is unpaid, cancelled, or a stay or an activity
            before its first day.
        NothingSent: without positions, and goods were paid but none was sent.
        NotWeighed: a requested suborder was not weighed.
    """
    order = await lock_order(conn, order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    suborders = await load_suborders(conn, order_id)
    selected = [each for each in suborders if positions is None or each.position in positions]
    if positions is not None and len(selected) != len(set(positions)):
        raise NotFound
    early = set(await LIST_EARLY_VISITS.all(conn, order_id=order_id, day=get_business_day(now)))
    unweighed = await list_unweighed(conn, [each.id for each in selected])
    unsent = set[UUID]() if positions is not None else {each.id for each in selected if _waits_to_be_sent(each)}
    waiting = early | unweighed | unsent
    ready = [each for each in selected if is_receivable(each) and each.id not in waiting]
    received = [each for each in selected if each.state is SuborderState.RECEIVED]
    if len(ready) + len(received) < (1 if positions is None else len(selected)):
        raise _find_refusal(unweighed=unweighed, unsent=unsent)
    state = await receive_suborders(conn, seal, order, ready, actor=str(buyer.account_id), now=now)
    return ReceiptConfirmation(
        order_id, state, [each.position for each in sorted(ready + received, key=lambda each: each.position)]
    )


def _find_refusal(*, unweighed: Collection[UUID], unsent: Collection[UUID]) -> type[NothingToReceive | NotWeighed]:
    """Return why none, or not each, of the selected suborders can be received."""
    if unweighed:
        return NotWeighed
    return NothingSent if unsent else NothingToReceive


def is_receivable(suborder: LockedSuborder) -> bool:
    """Return whether a suborder's state allows its receipt; a parcel handed over in person is never shipped."""
    return suborder.state in {SuborderState.PAID, SuborderState.SHIPPED}


def _waits_to_be_sent(suborder: LockedSuborder) -> bool:
    return suborder.kind is SuborderKind.GOODS and suborder.state is SuborderState.PAID


async def receive_suborders(
    conn: Connection,
    seal: Seal | None,
    order: LockedOrder,
    suborders: Sequence[LockedSuborder],
    *,
    actor: str,
    now: datetime,
) -> OrderState:
    """Mark suborders of a locked order as received, release their escrow and notify; return the order's state."""
    ids = [each.id for each in suborders]
    moved = set(await move_suborders(conn, ids, SuborderState.RECEIVED, actor=actor, now=now))
    await MARK_ALL_ARRIVED.run(conn, suborder_ids=ids, now=now)
    await END_PLACES.run(conn, suborder_ids=ids, missed=actor == CLOCK_ACTOR, now=now)
    # Sorted by producer, so that concurrent receipts cannot deadlock on the producers' accounts.
    for each in sorted(suborders, key=lambda each: each.producer_id):
        if each.id in moved:
            released_fen = await release_escrow(conn, each, now=now)
            if seal is not None:
                await notify_money_owed(conn, seal, each.producer_id, released_fen, now=now)
    return await finish_order(conn, order.id, now=now) or order.state


async def confirm_overdue(db: Database, *, now: datetime, days: int, seal: Seal | None = None) -> int:
    """Auto-confirm receipt of parcels delivered and of visits ended at least `days` ago, one transaction each.

    Parcels of which no carrier has said anything count from the day they were shipped.

    Returns how many, at most 1,000 per call. One that fails is tried again after a minute, then ever
    later. Producers are notified if a seal is given.
    """
    before = {
        "shipped_before": now - timedelta(days=days),
        "left_before": get_business_day(now) - timedelta(days=days),
    }
    async with db.connection() as conn:
        overdue = await LIST_OVERDUE_SUBORDERS.all(conn, **before, limit=MAX_OVERDUE)
    confirmed = 0

    async def confirm(suborder_id: UUID) -> None:
        nonlocal confirmed
        async with db.transaction() as conn:
            order = await lock_order_by_suborder(conn, suborder_id)
            # Its day, its delivery or a dispute may have changed until the order was locked.
            if order is None or not await IS_OVERDUE.one(conn, suborder_id=suborder_id, **before):
                return
            ready = [each for each in await load_suborders(conn, order.id) if each.id == suborder_id]
            await receive_suborders(conn, seal, order, ready, actor=CLOCK_ACTOR, now=now)
        confirmed += len(ready)
        await forget_failure(db, job=RECEIPT_JOB, item=suborder_id)

    async def fail(suborder_id: UUID, error: Exception) -> None:
        await record_failure(db, RECEIPT_RETRIES, job=RECEIPT_JOB, item=suborder_id, error=error)

    await run_each(overdue, confirm, fail)
    return confirmed
