"""Seats: places of single persons in slots without an order, with a waiting list whose first is offered what is freed.

A slot of a course or a clinic day has a room in a village; its owner adds what it is, see `market.villages.services`.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.catalogue.slots.models import (
    AlreadySeated,
    CancelReason,
    OfferLapsed,
    ReservationState,
    SeatsFull,
    SlotClosed,
    SlotId,
    SlotOverlap,
    SlotStarted,
    SlotState,
)
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import fold_text
from market.people.identity.models import AccountId, NotFound

OFFER_PERIOD = timedelta(hours=24)
"""How long a freed seat is kept for the first who waits, at most until the slot starts."""
NAME_CONTEXT = "slot_reservations.name"
NAME_PREFIX = "seat:"
MAX_LAPSED = 500
_PIECE_SLOTS = 20
"""How many slots are forgotten at a time, of at most some hundred seats each."""


class SlotKind(StrEnum):
    """What a slot with seats is."""

    COURSE = "course"
    CLINIC = "clinic"


class SeatSlot(Struct, frozen=True, kw_only=True):
    """A slot with seats, locked."""

    id: SlotId
    kind: SlotKind
    starts_at: datetime
    ends_at: datetime
    free: int
    state: SlotState
    village_code: str


class Seat(Struct, frozen=True, kw_only=True):
    """A seat, and whose it is: an account, or a name that the one who signed up wrote (sealed)."""

    id: UUID
    slot_id: SlotId
    state: ReservationState
    account_id: UUID | None
    signed_up_by: UUID
    name_sealed: bytes | None
    offered_until: datetime | None

    @property
    def told(self) -> UUID:
        """The account that messages about the seat go to."""
        return self.account_id or self.signed_up_by


class ForgottenSlots(Struct, frozen=True, kw_only=True):
    """Some slots whose `seats` were forgotten: how many, and the end and the id of the last of them."""

    seats: int
    slots: int
    ended_at: datetime
    id: UUID


ADD_SLOT = Query(
    UUID,
    """
    INSERT INTO slots (kind, village_code, room, during, capacity, free)
    VALUES (:kind, :village, :room, tstzrange(:starts_at, :ends_at), :places, :places)
    RETURNING id
    """,
)
LOCK_SLOT = Query(
    SeatSlot,
    """
    SELECT id, kind, lower(during) AS starts_at, upper(during) AS ends_at, free, state, village_code
      FROM slots WHERE id = :slot_id AND kind <> 'activity' FOR NO KEY UPDATE
    """,
)
_SEAT = "id, slot_id, state, account_id, signed_up_by, name_sealed, offered_until"
ADD_SEAT = Query(
    Seat,
    f"""
    INSERT INTO slot_reservations (slot_id, party, state, account_id, signed_up_by, name_sealed, name_index, joined_at)
    VALUES (:slot_id, 1, :state, :account_id, :signed_up_by, :name_sealed, :name_index, :now)
    RETURNING {_SEAT}
    """,
)
CHANGE_FREE = Query(None, "UPDATE slots SET free = free + :by WHERE id = :slot_id")
FIND_SEAT = Query(
    UUID,
    """
    SELECT slot_id FROM slot_reservations
     WHERE id = :seat_id AND suborder_id IS NULL AND :account_id IN (account_id, signed_up_by)
    """,
)
GET_SEAT = Query(Seat, f"SELECT {_SEAT} FROM slot_reservations WHERE id = :seat_id")
MOVE_SEAT = Query(
    Seat,
    f"""
    UPDATE slot_reservations SET state = :state, offered_until = :until WHERE id = :seat_id
    RETURNING {_SEAT}
    """,
)
# Who waited longest.
OFFER_SEAT = Query(
    Seat,
    f"""
    UPDATE slot_reservations SET state = 'offered', offered_until = :until
     WHERE id = (SELECT id FROM slot_reservations WHERE slot_id = :slot_id AND state = 'waiting' ORDER BY id LIMIT 1)
    RETURNING {_SEAT}
    """,
)
LIST_LAPSED = Query(
    UUID,
    """
    SELECT id FROM slot_reservations r
     WHERE state = 'offered' AND offered_until <= :now
       AND NOT EXISTS (SELECT FROM jobs.failures WHERE job = 'lapse_offer' AND item = r.id
                                                   AND next_at > clock_timestamp())
     ORDER BY offered_until LIMIT :limit
    """,
)
MARK_SEATS = Query(
    int,
    """
    WITH marked AS (
        UPDATE slot_reservations
           SET state = CASE WHEN id = ANY(:came::uuid[]) THEN 'attended' ELSE 'missed' END,
               attended_at = CASE WHEN id = ANY(:came::uuid[]) THEN :now::timestamptz END
         WHERE slot_id = :slot_id AND joined_at IS NOT NULL AND state IN ('booked', 'missed')
        RETURNING state)
    SELECT count(*) FROM marked WHERE state = 'attended'
    """,
)
CANCEL_SLOT = Query(
    UUID,
    """
    UPDATE slots SET state = 'cancelled', cancelled_at = :now, cancelled_by = :by, cancel_reason = :reason
     WHERE id = :slot_id AND state <> 'cancelled'
    RETURNING id
    """,
)
LIST_STRANDED = Query(
    UUID,
    """
    SELECT r.id FROM slot_reservations r JOIN slots ON slots.id = slot_id
     WHERE slots.state = 'cancelled' AND slots.kind <> 'activity' AND r.state IN ('waiting', 'offered', 'booked')
       AND NOT EXISTS (SELECT FROM jobs.failures WHERE job = 'lapse_offer' AND item = r.id
                                                   AND next_at > clock_timestamp())
     ORDER BY r.id LIMIT :limit
    """,
)
FORGET_SEATS = Query(
    ForgottenSlots,
    """
    WITH piece AS (
        SELECT id, upper(during) AS ended_at FROM slots
         WHERE kind = :kind AND kind <> 'activity' AND NOT forgotten
           AND upper(during) < :before::timestamptz AND (upper(during), id) > (:after_at::timestamptz, :after_id::uuid)
         ORDER BY upper(during), id LIMIT :piece
           FOR NO KEY UPDATE
    ), seats AS (
        UPDATE slot_reservations r
           SET state = CASE r.state WHEN 'waiting' THEN 'expired' WHEN 'booked' THEN 'missed' ELSE r.state END,
               account_id = NULL, signed_up_by = NULL, name_sealed = NULL, name_index = NULL
          FROM piece
         WHERE r.slot_id = piece.id AND signed_up_by IS NOT NULL AND r.state <> 'offered'
        RETURNING 1
    ), done AS (
        UPDATE slots SET forgotten = true
          FROM piece
         WHERE slots.id = piece.id
           AND NOT EXISTS (SELECT FROM slot_reservations r WHERE r.slot_id = slots.id AND r.state = 'offered')
    )
    SELECT (SELECT count(*) FROM seats) AS seats, (SELECT count(*) FROM piece) AS slots,
           coalesce(last.ended_at, :after_at) AS ended_at, coalesce(last.id, :after_id) AS id
      FROM (SELECT) AS one LEFT JOIN (SELECT * FROM piece ORDER BY ended_at DESC, id DESC LIMIT 1) AS last ON true
    """,
)
_LIVE = frozenset({ReservationState.WAITING, ReservationState.OFFERED, ReservationState.BOOKED})


async def add_seat_slot(
    conn: Connection, *, kind: SlotKind, village: str, room: str, starts_at: datetime, ends_at: datetime, places: int
) -> SlotId:
    """Add a slot with seats in a room of a village; the caller has checked its fields.

    Raises:
        SlotOverlap: the room is taken at that time; the caller's transaction must not commit.
    """
    try:
        added = await ADD_SLOT.one(
            conn, kind=kind, village=village, room=room, starts_at=starts_at, ends_at=ends_at, places=places
        )
    except asyncpg.ExclusionViolationError as error:
        raise SlotOverlap(errors=(FieldFault("room", "这个时间这间屋有别的场次了"),)) from error
    return SlotId(added)


async def lock_seat_slot(conn: Connection, slot_id: UUID) -> SeatSlot:
    """Lock a slot with seats.

    Raises:
        NotFound: there is no such slot.
    """
    slot = await LOCK_SLOT.maybe(conn, slot_id=slot_id)
    if slot is None:
        raise NotFound
    return slot


async def take_seat(
    conn: Connection, seal: Seal, slot_id: UUID, *, title: str, account_id: AccountId | None, name: str,
    signed_up_by: AccountId, wait: bool, now: datetime,
) -> Seat:  # fmt: skip
    """Take a seat for a person, or a place on the waiting list of a full slot if `wait`.

    The person has an account, or is named by `name`. The one who locks the slot first gets the last seat.

    Raises:
        NotFound, SlotStarted, SlotClosed: there is no such slot, it has started, or is closed or cancelled.
        SeatsFull: it is full, and the person would not wait.
        AlreadySeated: the person has a seat, waits, or had a seat; the caller's transaction must not commit.
    """
    assert (account_id is None) is bool(name), "a person has an account or a name"
    slot = await lock_seat_slot(conn, slot_id)
    if now >= slot.starts_at:
        raise SlotStarted(title=title, errors=(FieldFault("slot_id", "这一场已经开始了"),))
    if slot.state is not SlotState.OPEN:
        raise SlotClosed(title=title, errors=(FieldFault("slot_id", "这一场不接人了"),))
    if not slot.free and not wait:
        raise SeatsFull(title=title, errors=(FieldFault("slot_id", "名额满了，可以排队"),))
    state = ReservationState.BOOKED if slot.free else ReservationState.WAITING
    try:
        seat = await ADD_SEAT.one(
            conn, slot_id=slot_id, state=state, account_id=account_id, signed_up_by=signed_up_by,
            name_sealed=seal.seal(name, NAME_CONTEXT) if name else None,
            name_index=seal.index(NAME_PREFIX + fold_text(name)) if name else None, now=now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise AlreadySeated(title=title, errors=(FieldFault("name", "这个人报过这一场了"),)) from error
    if slot.free:
        await CHANGE_FREE.run(conn, slot_id=slot_id, by=-1)
    return seat


async def accept_seat(conn: Connection, account_id: AccountId, seat_id: UUID, *, now: datetime) -> Seat:
    """Take the seat that is offered.

    Raises:
        NotFound: it is neither the account's nor of somebody whom the account signed up.
        OfferLapsed: it is not offered, or not any more, or its slot is cancelled.
    """
    slot = await _lock_own(conn, account_id, seat_id)
    seat = await GET_SEAT.one(conn, seat_id=seat_id)
    if slot.state is SlotState.CANCELLED or seat.offered_until is None or seat.offered_until <= now:
        raise OfferLapsed
    return await MOVE_SEAT.one(conn, seat_id=seat_id, state=ReservationState.BOOKED, until=None)


async def give_up_seat(conn: Connection, account_id: AccountId, seat_id: UUID, *, now: datetime) -> Seat | None:
    """Give up a seat, or stop waiting; return the seat that is offered to the next who waits, if one is.

    Raises:
        NotFound: it is neither the account's nor of somebody whom the account signed up.
        SlotStarted: the slot has started.
    """
    slot = await _lock_own(conn, account_id, seat_id)
    if now >= slot.starts_at:
        raise SlotStarted(title="", errors=(FieldFault("slot_id", "这一场已经开始了"),))
    return await _end_seat(conn, slot, await GET_SEAT.one(conn, seat_id=seat_id), ReservationState.CANCELLED, now=now)


async def _lock_own(conn: Connection, account_id: AccountId, seat_id: UUID) -> SeatSlot:
    slot_id = await FIND_SEAT.maybe(conn, seat_id=seat_id, account_id=account_id)
    if slot_id is None:
        raise NotFound
    return await lock_seat_slot(conn, slot_id)


async def _end_seat(
    conn: Connection, slot: SeatSlot, seat: Seat, state: ReservationState, *, now: datetime
) -> Seat | None:
    """End a seat of a locked slot and offer what it frees; a seat that ended before stays as it is."""
    if seat.state not in _LIVE:
        return None
    await MOVE_SEAT.one(conn, seat_id=seat.id, state=state, until=None)
    if seat.state is ReservationState.WAITING:
        return None
    offered = None
    if slot.state is SlotState.OPEN and now < slot.starts_at:
        offered = await OFFER_SEAT.maybe(conn, slot_id=slot.id, until=min(now + OFFER_PERIOD, slot.starts_at))
    if offered is None:
        await CHANGE_FREE.run(conn, slot_id=slot.id, by=1)
    return offered


async def list_lapsed_offers(conn: Connection, *, now: datetime) -> list[UUID]:
    """Return the seats whose offer nobody took in time, at most 500."""
    return await LIST_LAPSED.all(conn, now=now, limit=MAX_LAPSED)


async def list_stranded_seats(conn: Connection) -> list[UUID]:
    """Return the live seats of cancelled slots, whose persons were not told yet, at most 500."""
    return await LIST_STRANDED.all(conn, limit=MAX_LAPSED)


async def end_seat(conn: Connection, seat_id: UUID, *, now: datetime) -> tuple[Seat, Seat | None] | None:
    """End a seat whose offer lapsed, or whose slot was cancelled; return it as it was, and the one offered next.

    None if neither is so any more.
    """
    seat = await GET_SEAT.one(conn, seat_id=seat_id)
    slot = await lock_seat_slot(conn, seat.slot_id)
    seat = await GET_SEAT.one(conn, seat_id=seat_id)
    if slot.state is SlotState.CANCELLED and seat.state in _LIVE:
        return seat, await _end_seat(conn, slot, seat, ReservationState.CANCELLED, now=now)
    if seat.offered_until is not None and seat.offered_until <= now:
        return seat, await _end_seat(conn, slot, seat, ReservationState.EXPIRED, now=now)
    return None


async def cancel_seat_slot(
    conn: Connection, slot_id: UUID, *, by: AccountId | None, reason: CancelReason, now: datetime
) -> bool:
    """Cancel a slot; return whether it was not before. The worker ends its seats and tells their persons."""
    return await CANCEL_SLOT.maybe(conn, slot_id=slot_id, by=by, reason=reason, now=now) is not None


async def mark_seats(conn: Connection, slot_id: UUID, came: Collection[UUID], *, now: datetime) -> int:
    """Mark the seats of a locked slot as attended or missed; return how many attended that had not before."""
    return await MARK_SEATS.one(conn, slot_id=slot_id, came=list(came), now=now)


async def forget_persons(db: Database, kind: SlotKind, *, before: datetime) -> int:
    """Forget who had a seat in slots that ended before a moment, a few slots at a time; return how many seats.

    The seats are counted on; those whose attendance nobody marked as missed. One that is offered stays until the worker
    ends it, and its slot is looked at again the next time.
    """
    start = datetime.min.replace(tzinfo=UTC)
    forgotten, last = 0, ForgottenSlots(seats=0, slots=_PIECE_SLOTS, ended_at=start, id=UUID(int=0))
    while last.slots == _PIECE_SLOTS:
        async with db.transaction() as conn:
            last = await FORGET_SEATS.one(
                conn, kind=kind, before=before, after_at=last.ended_at, after_id=last.id, piece=_PIECE_SLOTS
            )
        forgotten += last.seats
    return forgotten
