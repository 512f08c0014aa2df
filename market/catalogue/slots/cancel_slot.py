"""Cancel slots: by their host, or because too few guests have booked some time before."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.change_slots import LOCK_OWN_SLOT
from market.catalogue.slots.models import CancelReason, SlotNotOpen, SlotState
from market.kernel import Connection, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

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
_IS_SMALL = """
    state <> 'cancelled' AND minimum > 1 AND lower(during) > :now AND lower(during) <= :until
    AND minimum > (SELECT coalesce(sum(party), 0) FROM slot_reservations
                    WHERE slot_id = slots.id AND slot_reservations.state = 'booked')"""
LIST_SMALL_SLOTS = Query(
    UUID,
    "SELECT id FROM slots WHERE "
    + _IS_SMALL
    + """
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'cancel_small_slot' AND item = slots.id AND next_at > clock_timestamp())
     ORDER BY lower(during), id
     LIMIT :limit
    """,
)
CANCEL_SMALL_SLOT = Query(
    SmallSlot,
    "WITH small AS (SELECT id FROM slots WHERE id = :slot_id AND "
    + _IS_SMALL
    + """ FOR NO KEY UPDATE SKIP LOCKED)
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


async def list_small_slots(conn: Connection, *, hours: int, now: datetime) -> list[UUID]:
    """Return the slots that start within `hours` without their minimum of paid guests, at most 500.

    A minimum of one is none. Those whose cancellation failed lately are left out.
    """
    return await LIST_SMALL_SLOTS.all(conn, now=now, until=now + timedelta(hours=hours), limit=MAX_SMALL_SLOTS)


async def cancel_small_slot(conn: Connection, slot_id: UUID, *, hours: int, now: datetime) -> SmallSlot | None:
    """Cancel such a slot in the caller's transaction; None if it has its minimum by now, or is locked."""
    slot = await CANCEL_SMALL_SLOT.maybe(conn, slot_id=slot_id, now=now, until=now + timedelta(hours=hours))
    if slot is not None:
        await _add_entry(conn, CLOCK_ACTOR, slot.id, CancelReason.MINIMUM, now=now)
    return slot


async def _add_entry(conn: Connection, actor: str, slot_id: UUID, reason: CancelReason, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=actor, action="slot.cancel", object=f"slot:{slot_id}", detail={"reason": reason}, now=now
    )
