"""Give the guests of cancelled slots their money back, whole, and tell them."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.cancel_slot import cancel_small_slot, list_small_slots
from market.catalogue.slots.models import CANCEL_REASON_NAMES, CancelReason, ReservationState, format_slot_hours
from market.catalogue.slots.transitions import free_places
from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query
from market.kernel.clock import get_business_day
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.notify.notifications import format_month_day, notify_account, notify_producer
from market.sales.orders.expire import CLOCK_ACTOR
from market.sales.orders.models import SuborderState
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import finish_order, load_suborders, lock_order_by_suborder, move_suborders
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_each

MAX_GUESTS = 500
CANCEL_JOB = "cancel_small_slot"
REFUND_JOB = "refund_slot"
REFUND_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))


class StrandedGuest(Struct, frozen=True):
    """A paid party of a cancelled slot; `cancelled_by` is the host's account, None for the clock."""

    suborder_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    cancelled_by: UUID | None
    reason: CancelReason


LIST_STRANDED_GUESTS = Query(
    StrandedGuest,
    """
    SELECT suborder_id, listings.title, lower(during) AS starts_at, upper(during) AS ends_at, cancelled_by,
           cancel_reason AS reason
      FROM slot_reservations r
      JOIN slots ON slots.id = slot_id AND slots.state = 'cancelled'
      JOIN listings ON listings.id = listing_id
      JOIN suborders ON suborders.id = suborder_id AND suborders.state = 'paid'
     WHERE r.state = 'booked'
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'refund_slot' AND item = suborder_id AND next_at > clock_timestamp())
     ORDER BY r.id
     LIMIT :limit
    """,
)


async def cancel_slots_below_minimum(db: Database, seal: Seal, *, hours: int, now: datetime) -> int:
    """Cancel the slots that start within `hours` without their minimum of guests, and tell their hosts.

    One transaction each, at most 500; one that fails is tried again ever later and delays no other.
    """
    async with db.connection() as conn:
        small = await list_small_slots(conn, hours=hours, now=now)
    cancelled = 0

    async def cancel(slot_id: UUID) -> None:
        nonlocal cancelled
        async with db.transaction() as conn:
            slot = await cancel_small_slot(conn, slot_id, hours=hours, now=now)
            if slot is None:
                return
            facts = {
                "title": slot.title,
                "when": _format_when(slot.starts_at, slot.ends_at),
                "minimum": str(slot.minimum),
            }
            await notify_producer(conn, seal, slot.producer_id, "slot_below_minimum", facts, now=now)
        cancelled += 1
        await forget_failure(db, job=CANCEL_JOB, item=slot_id)

    async def fail(slot_id: UUID, error: Exception) -> None:
        await record_failure(db, REFUND_RETRIES, job=CANCEL_JOB, item=slot_id, error=error)

    await run_each(small, cancel, fail)
    return cancelled


async def refund_cancelled_slots(db: Database, gateway: Gateway | None, seal: Seal, *, now: datetime) -> int:
    """Refund the paid guests of cancelled slots, one transaction each; return how many, at most 500 per call.

    Without a gateway the refunds are left to `finish_operations`. One that fails, as during a dispute, is tried again
    after a minute, then ever later. A party that pays after the slot was cancelled is refunded by the next call.
    """
    async with db.connection() as conn:
        guests = await LIST_STRANDED_GUESTS.all(conn, limit=MAX_GUESTS)

    async def refund(guest: StrandedGuest) -> None:
        async with db.transaction() as conn:
            refund_id = await _refund_guest(conn, seal, guest, now=now)
        await forget_failure(db, job=REFUND_JOB, item=guest.suborder_id)
        if refund_id is not None and gateway is not None:
            # If the provider does not answer, a job sends the refund later.
            with suppress(GatewayUnavailable, ProviderMismatch):
                await send_refund(db, gateway, refund_id, at=now)

    async def fail(guest: StrandedGuest, error: Exception) -> None:
        await record_failure(db, REFUND_RETRIES, job=REFUND_JOB, item=guest.suborder_id, error=error)

    return (await run_each(guests, refund, fail)).done


async def _refund_guest(conn: Connection, seal: Seal, guest: StrandedGuest, *, now: datetime) -> RefundId | None:
    """Cancel the suborder and refund it whole; None if its guests have come or cancelled meanwhile."""
    order = await lock_order_by_suborder(conn, guest.suborder_id)
    assert order is not None, "a suborder has an order"
    actor = CLOCK_ACTOR if guest.cancelled_by is None else str(guest.cancelled_by)
    ids = [guest.suborder_id]
    if not await move_suborders(conn, ids, SuborderState.CANCELLED, actor=actor, now=now, note="slot cancelled"):
        return None
    await free_places(conn, [order.id], state=ReservationState.CANCELLED, suborder_ids=ids)
    suborder = next(each for each in await load_suborders(conn, order.id) if each.id == guest.suborder_id)
    refunds = await refund_suborder(
        conn, suborder, goods_fen=suborder.goods_left_fen, key="slot cancelled", kind="slot cancelled",
        reason="cancelled", by=guest.cancelled_by or order.buyer_id, now=now,
    )  # fmt: skip
    await finish_order(conn, order.id, now=now)
    facts = {
        "title": guest.title,
        "when": _format_when(guest.starts_at, guest.ends_at),
        "reason": CANCEL_REASON_NAMES[guest.reason],
        "amount": format_yuan(Fen(sum(refund.amount_minor for refund in refunds))),
    }
    await notify_account(conn, seal, order.buyer_id, "slot_cancelled", facts, now=now)
    return refunds[0].id if refunds else None


def _format_when(starts_at: datetime, ends_at: datetime) -> str:
    return f"{format_month_day(get_business_day(starts_at))} {format_slot_hours(starts_at, ends_at)}"
