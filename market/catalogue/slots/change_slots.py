"""A host adds the slots of an activity, closes one to further guests, and opens it again."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.catalogue.slots.models import (
    MAX_DAYS_AHEAD,
    MAX_DAYS_AT_ONCE,
    MAX_PLACES,
    InvalidSlot,
    SlotNotOpen,
    SlotOverlap,
    SlotState,
)
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import SHANGHAI, get_business_day
from market.kernel.settings import DEFAULT_SLOT_MINIMUM_HOURS
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

_MIN_LENGTH = timedelta(minutes=15)


class NewSlots(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A slot on each day from `first` to `last`, both included, in hours of Shanghai.

    `minimum` is the number of guests without which it does not take place.
    """

    first: date
    last: date
    starts: time
    ends: time
    places: int
    minimum: int = 1


class SlotRow(Struct, frozen=True):
    """A slot of the actor's own activity, locked."""

    id: UUID
    listing_id: UUID
    starts_at: datetime
    ends_at: datetime
    state: SlotState


FIND_OWN_ACTIVITY = Query(
    UUID,
    """
    SELECT id FROM listings
     WHERE id = :listing_id AND kind = 'activity' AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE
    """,
)
ADD_SLOT = Query(
    UUID,
    """
    INSERT INTO slots (listing_id, during, capacity, minimum, free)
    VALUES (:listing_id, tstzrange(:starts_at, :ends_at), :places, :minimum, :places)
    RETURNING id
    """,
)
LOCK_OWN_SLOT = Query(
    SlotRow,
    """
    SELECT slots.id, slots.listing_id, lower(during) AS starts_at, upper(during) AS ends_at, slots.state
      FROM slots JOIN listings ON listings.id = listing_id
     WHERE slots.id = :slot_id AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE OF slots
    """,
)
MOVE_SLOT = Query(None, "UPDATE slots SET state = :state WHERE id = :slot_id")


async def add_slots(
    conn: Connection,
    actor: Actor,
    listing_id: UUID,
    new: NewSlots,
    *,
    minimum_hours: int = DEFAULT_SLOT_MINIMUM_HOURS,
    now: datetime,
) -> list[UUID]:
    """Add a slot on each of the days to the actor's activity, in the caller's transaction; return their ids.

    A slot that starts within `minimum_hours` has no minimum: it would be cancelled before anybody could book.

    Raises:
        InvalidSlot: a field is invalid, or the first slot has started; `errors` lists the fields.
        NotFound: there is no such activity, or it belongs to someone else.
        SlotOverlap: there is a slot at one of the times; the caller's transaction must not commit.
    """
    _check_slots(new, minimum_hours=minimum_hours, now=now)
    if await FIND_OWN_ACTIVITY.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers)) is None:
        raise NotFound
    added: list[UUID] = []
    for offset in range((new.last - new.first).days + 1):
        day = new.first + timedelta(days=offset)
        try:
            slot_id = await ADD_SLOT.one(
                conn,
                listing_id=listing_id,
                starts_at=_at(day, new.starts),
                ends_at=_at(day, new.ends),
                places=new.places,
                minimum=new.minimum,
            )
        except asyncpg.ExclusionViolationError as error:
            raise SlotOverlap(errors=(FieldFault("starts", f"{day} 这个时间已经有一场了"),)) from error
        added.append(slot_id)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="slot.add",
        object=f"listing:{listing_id}",
        detail={
            "first": str(new.first),
            "last": str(new.last),
            "hours": f"{new.starts}–{new.ends}",
            "places": new.places,
            "minimum": new.minimum,
        },
        now=now,
    )
    return added


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour.replace(tzinfo=None), SHANGHAI)


def _check_slots(new: NewSlots, *, minimum_hours: int, now: datetime) -> None:
    faults: list[FieldFault] = []
    if _at(new.first, new.starts) <= now or (new.first - get_business_day(now)).days > MAX_DAYS_AHEAD:
        faults.append(FieldFault("first", f"选还没开始的日子，最远 {MAX_DAYS_AHEAD} 天"))
    if not 0 <= (new.last - new.first).days < MAX_DAYS_AT_ONCE:
        faults.append(FieldFault("last", f"最后一天不早于头一天，一次最多加 {MAX_DAYS_AT_ONCE} 天"))
    if _at(new.first, new.ends) - _at(new.first, new.starts) < _MIN_LENGTH:
        faults.append(FieldFault("ends", "结束要比开始晚，至少 15 分钟"))
    if not 1 <= new.places <= MAX_PLACES:
        faults.append(FieldFault("places", f"名额从 1 到 {MAX_PLACES}"))
    elif not 1 <= new.minimum <= new.places:
        faults.append(FieldFault("minimum", f"至少几位从 1 到 {new.places}"))
    elif new.minimum > 1 and _at(new.first, new.starts) - now <= timedelta(hours=minimum_hours):
        faults.append(FieldFault("minimum", f"离开始不到 {minimum_hours} 小时了，来不及凑人，这里写 1"))
    if faults:
        raise InvalidSlot(errors=tuple(faults))


async def move_slot(conn: Connection, actor: Actor, slot_id: UUID, state: SlotState, *, now: datetime) -> UUID:
    """Move a slot of the actor's to a state, in the caller's transaction; return its listing.

    Guests of a closed slot keep their places.

    Raises:
        NotFound: there is no such slot, or it belongs to someone else.
        SlotNotOpen: it has started or was cancelled.
    """
    slot = await LOCK_OWN_SLOT.maybe(conn, slot_id=slot_id, producer_ids=list(actor.producers))
    if slot is None:
        raise NotFound
    if slot.state is SlotState.CANCELLED or now >= slot.starts_at:
        raise SlotNotOpen
    if slot.state is not state:
        await MOVE_SLOT.run(conn, slot_id=slot_id, state=state)
        await add_audit_entry(
            conn,
            actor=str(actor.account_id),
            action=f"slot.{state}",
            object=f"slot:{slot_id}",
            detail={"listing": str(slot.listing_id)},
            now=now,
        )
    return slot.listing_id
