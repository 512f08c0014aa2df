"""Cancel slots: by their host, or because too few guests have booked some time before."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.audit.record import add_audit_entry
from market.identity.models import Actor, NotFound
from market.kernel import Connection, Query
from market.slots.change_slots import LOCK_OWN_SLOT
from market.slots.models import CancelReason, SlotNotOpen, SlotState

CLOCK_ACTOR = "clock"
MAX_SMALL_SLOTS = 500


class SmallSlot(Struct, frozen=True):
    """A slot that was cancelled because too few guests had booked it."""

    id: UUID
    producer_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    minimum: int


CANCEL_SLOT = Query(
    None,
    """
    UPDATE slots SET state = 'cancelled', cancelled_at = :now, cancelled_by = :by, cancel_reason = :reason
     WHERE id = :slot_id
    """,
)
# Guests who have not paid yet do not count: their places may lapse.
CANCEL_SMALL_SLOTS = Query(
    SmallSlot,
    """
    WITH small AS (
        SELECT id FROM slots
         WHERE state <> 'cancelled' AND minimum > 1 AND lower(during) > :now AND lower(during) <= :until
           AND minimum > (SELECT coalesce(sum(party), 0) FROM slot_reservations
                           WHERE slot_id = slots.id AND slot_reservations.state = 'booked')
         ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE slots SET state = 'cancelled', cancelled_at = :now, cancel_reason = 'minimum'
      FROM small, listings
     WHERE slots.id = small.id AND listings.id = listing_id
    RETURNING slots.id, producer_id, title, lower(during) AS starts_at, upper(during) AS ends_at, minimum
    """,
)


async def cancel_slot(conn: Connection, actor: Actor, slot_id: UUID, reason: CancelReason, *, now: datetime) -> UUID:
    """Cancel a slot of the actor's in the caller's transaction; return its listing.

    `refund_cancelled_slots` gives the guests their money back. Parties that have checked in keep what they had.

    Raises:
        NotFound: there is no such slot, or it belongs to someone else.
        SlotNotOpen: it is over or was cancelled.
    """
    assert reason is not CancelReason.MINIMUM, "the clock cancels slots without their minimum"
    slot = await LOCK_OWN_SLOT.maybe(conn, slot_id=slot_id, producer_ids=list(actor.producers))
    if slot is None:
        raise NotFound
    if slot.state is SlotState.CANCELLED or now >= slot.ends_at:
        raise SlotNotOpen
    await CANCEL_SLOT.run(conn, slot_id=slot_id, by=actor.account_id, reason=reason, now=now)
    await _add_entry(conn, str(actor.account_id), slot_id, reason, now=now)
    return slot.listing_id


async def cancel_small_slots(conn: Connection, *, hours: int, now: datetime) -> list[SmallSlot]:
    """Cancel the slots that start within `hours` without their minimum of paid guests; return them.

    At most 500, in the caller's transaction. A minimum of one is none.
    """
    small = await CANCEL_SMALL_SLOTS.all(conn, now=now, until=now + timedelta(hours=hours), limit=MAX_SMALL_SLOTS)
    for slot in small:
        await _add_entry(conn, CLOCK_ACTOR, slot.id, CancelReason.MINIMUM, now=now)
    return small


async def _add_entry(conn: Connection, actor: str, slot_id: UUID, reason: CancelReason, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=actor, action="slot.cancel", object=f"slot:{slot_id}", detail={"reason": reason}, now=now
    )
