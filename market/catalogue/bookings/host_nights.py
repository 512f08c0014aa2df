"""Nights that a host takes out of sale: closed ones, and those of guests who did not order here."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from market.catalogue.bookings.models import MAX_HOST_NIGHTS, InvalidHostNights, RoomTaken
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text, normalize_phone
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from payments.sql import run_in_pieces

GUEST_CONTEXT = "taken_nights.guest"
GUEST_LIFETIME = timedelta(days=30)
"""How long after the visit a host sees the name and phone of a guest; those that the host entered are deleted then."""
MAX_DAYS_AHEAD = 400
"""How far ahead a host may close nights: farther than buyers may book."""
_MAX_NAME_LENGTH = 20


def is_guest_visible(leave_on: date, *, today: date) -> bool:
    """Return whether a host still sees who came and left on a day."""
    return today < leave_on + GUEST_LIFETIME


class HostGuest(Struct, frozen=True, forbid_unknown_fields=True):
    """A guest who did not order here, as the host enters it; the phone may be empty."""

    name: Annotated[str, Meta(max_length=100)]
    phone: Annotated[str, Meta(max_length=30)] = ""


class HostNights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nights of a room from `first` up to, not including, `until`."""

    room_id: UUID
    first: date
    until: date


class GuestNights(HostNights, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nights of a room for a guest who did not order here."""

    guest: HostGuest


LOCK_OWN_ROOM = Query(
    UUID,
    """
    SELECT rooms.id
      FROM rooms JOIN listings ON listings.id = listing_id
     WHERE rooms.id = :room_id AND listings.id = :listing_id AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE OF rooms
    """,
)
OPEN_NIGHTS = Query(
    int,
    """
    WITH opened AS (
        DELETE FROM taken_nights
         WHERE room_id = :room_id AND booking_id IS NULL AND nights && daterange(:first, :until)
        RETURNING 1
    )
    SELECT count(*)::integer FROM opened
    """,
)
# The temporal key of taken_nights decides against a booking: both insert into it.
CLOSE_NIGHTS = Query(
    int,
    """
    WITH closed AS (
        INSERT INTO taken_nights (room_id, nights)
        SELECT :room_id, daterange(night::date, night::date + 1)
          FROM generate_series(:first::date, :until::date - 1, interval '1 day') AS night
         WHERE NOT EXISTS (SELECT FROM taken_nights AS closed
                            WHERE closed.room_id = :room_id AND closed.nights @> night::date
                              AND closed.booking_id IS NULL AND closed.guest_sealed IS NULL)
            ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM closed
    """,
)
COUNT_TAKEN_NIGHTS = Query(
    int,
    """
    SELECT count(*)::integer FROM taken_nights
     WHERE room_id = :room_id AND nights && daterange(:first, :until)
       AND (booking_id IS NOT NULL OR guest_sealed IS NOT NULL)
    """,
)
DELETE_CLOSED_NIGHTS = Query(
    None,
    """
    DELETE FROM taken_nights
     WHERE room_id = :room_id AND nights <@ daterange(:first, :until)
       AND booking_id IS NULL AND guest_sealed IS NULL
    """,
)
ADD_GUEST = Query(
    UUID,
    """
    INSERT INTO taken_nights (room_id, nights, guest_sealed)
    VALUES (:room_id, daterange(:first, :until), :guest_sealed)
        ON CONFLICT DO NOTHING
    RETURNING room_id
    """,
)
DELETE_PAST_NIGHTS = Query(
    None,
    """
    DELETE FROM taken_nights
     WHERE ctid = ANY(ARRAY(SELECT ctid FROM taken_nights
                             WHERE booking_id IS NULL AND upper(nights) < :before::date
                             ORDER BY upper(nights) LIMIT :piece::integer))
    """,
)


async def close_nights(conn: Connection, actor: Actor, listing_id: UUID, nights: HostNights, *, now: datetime) -> None:
    """Close nights of a room of the actor's stay, in the caller's transaction; nights closed before stay closed.

    Raises:
        NotFound: there is no such room, or it belongs to someone else.
        InvalidHostNights: the nights are past, too far ahead, or too many.
        RoomTaken: a guest has the room in one of the nights; the caller's transaction must not commit.
    """
    await _lock_room(conn, actor, listing_id, nights, now=now)
    period = _get_period(nights)
    await CLOSE_NIGHTS.one(conn, **period)
    if await COUNT_TAKEN_NIGHTS.one(conn, **period):
        raise RoomTaken
    await _add_entry(conn, actor, "stay.close", listing_id, nights, now=now)


async def open_nights(conn: Connection, actor: Actor, listing_id: UUID, nights: HostNights, *, now: datetime) -> None:
    """Open nights of a room that the host closed or gave to a guest of its own, in the caller's transaction.

    A guest of its own leaves with all of its nights. Bookings stay.

    Raises:
        NotFound: there is no such room, or it belongs to someone else.
        InvalidHostNights: the nights are past, too far ahead, or too many.
    """
    await _lock_room(conn, actor, listing_id, nights, now=now)
    if await OPEN_NIGHTS.one(conn, **_get_period(nights)):
        await _add_entry(conn, actor, "stay.open", listing_id, nights, now=now)


async def enter_guest(
    conn: Connection, seal: Seal, actor: Actor, listing_id: UUID, nights: GuestNights, *, now: datetime
) -> None:
    """Give nights of a room to a guest who did not order here, in the caller's transaction; closed nights are used.

    Raises:
        NotFound: there is no such room, or it belongs to someone else.
        InvalidHostNights: the nights are past, too far ahead, or too many, or the name or phone is invalid.
        RoomTaken: another guest has the room in one of the nights; the caller's transaction must not commit.
    """
    name, phone = clean_text(nights.guest.name), normalize_phone(nights.guest.phone) if nights.guest.phone else ""
    faults: list[FieldFault] = []
    if not 0 < len(name) <= _MAX_NAME_LENGTH:
        faults.append(FieldFault("name", f"写上客人叫什么，最多 {_MAX_NAME_LENGTH} 个字"))
    if phone is None:
        faults.append(FieldFault("phone", "电话写 11 位手机号，没有就空着"))
    await _lock_room(conn, actor, listing_id, nights, now=now, faults=faults)
    period = _get_period(nights)
    await DELETE_CLOSED_NIGHTS.run(conn, **period)
    text = msgspec.json.encode(HostGuest(name, phone or "")).decode()
    if await ADD_GUEST.maybe(conn, **period, guest_sealed=seal.seal(text, GUEST_CONTEXT)) is None:
        raise RoomTaken
    await _add_entry(conn, actor, "stay.guest", listing_id, nights, now=now)


async def delete_past_nights(db: Database, before: datetime) -> int:
    """Delete what hosts closed, and their own guests, if the last night ended before a moment; return how many."""
    return await run_in_pieces(db, DELETE_PAST_NIGHTS, before=get_business_day(before))


def open_guest(seal: Seal, sealed: bytes) -> HostGuest:
    """Return a guest that a host entered."""
    return msgspec.json.decode(seal.open(sealed, GUEST_CONTEXT), type=HostGuest)


def _get_period(nights: HostNights) -> dict[str, object]:
    """Return the room and its nights as parameters of a statement."""
    return {"room_id": nights.room_id, "first": nights.first, "until": nights.until}


async def _lock_room(
    conn: Connection,
    actor: Actor,
    listing_id: UUID,
    nights: HostNights,
    *,
    now: datetime,
    faults: list[FieldFault] | None = None,
) -> None:
    """Check the nights, and lock the room as checkout does."""
    day, found = get_business_day(now), list(faults or [])
    if not 1 <= (nights.until - nights.first).days <= MAX_HOST_NIGHTS:
        found.append(FieldFault("until", f"一次 1 到 {MAX_HOST_NIGHTS} 晚"))
    if not 0 <= (nights.first - day).days <= MAX_DAYS_AHEAD:
        found.append(FieldFault("first", f"从今天到往后 {MAX_DAYS_AHEAD} 天"))
    if found:
        raise InvalidHostNights(errors=tuple(found))
    locked = await LOCK_OWN_ROOM.maybe(
        conn, room_id=nights.room_id, listing_id=listing_id, producer_ids=list(actor.producers)
    )
    if locked is None:
        raise NotFound


async def _add_entry(
    conn: Connection, actor: Actor, action: str, listing_id: UUID, nights: HostNights, *, now: datetime
) -> None:
    """Record who took which nights out of sale, or back; the guest is not named."""
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"listing:{listing_id}",
        detail={"room": str(nights.room_id), "first": str(nights.first), "until": str(nights.until)},
        now=now,
    )
