"""Changes to bookings by orders: reserved ones are confirmed with a check-in code, or their nights are freed."""

import secrets
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import BookingId, BookingState
from market.kernel import Connection, Query
from market.kernel.seal import Seal

CODE_CONTEXT = "bookings.code"
CODE_DIGITS = 8
_CODE_CANDIDATES = 8


class BookingRow(Struct, frozen=True):
    """A booking with its room and nights."""

    id: BookingId
    suborder_id: UUID
    listing_id: UUID
    room_id: UUID
    arrive_on: date
    leave_on: date


class BookingConfirmation(Struct, frozen=True):
    """A confirmed booking and its check-in code."""

    suborder_id: UUID
    arrive_on: date
    leave_on: date
    code: str


LIST_BOOKINGS = Query(
    BookingRow,
    """
    SELECT bookings.id, suborder_id, listing_id, room_id, lower(nights) AS arrive_on, upper(nights) AS leave_on
      FROM bookings JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = :order_id AND bookings.state = :state
     ORDER BY bookings.id
    """,
)
LIST_CODES_IN_USE = Query(
    bytes,
    """
    SELECT code_hash FROM bookings WHERE state = 'booked' AND code_hash = ANY(:hashes::bytea[])
    UNION ALL
    SELECT code_hash FROM slot_reservations WHERE state = 'booked' AND code_hash = ANY(:hashes::bytea[])
    """,
)
CONFIRM_BOOKING = Query(
    None,
    """
    UPDATE bookings SET state = 'booked', code_hash = :code_hash, code_sealed = :code_sealed
     WHERE id = :booking_id AND state = 'reserved'
    """,
)
FREE_BOOKINGS = Query(
    int,
    """
    WITH moved AS (
        UPDATE bookings SET state = :state
         WHERE suborder_id IN (SELECT id FROM suborders WHERE order_id = ANY(:order_ids::uuid[]))
           AND (:suborder_ids::uuid[] IS NULL OR suborder_id = ANY(:suborder_ids))
           AND state IN ('reserved', 'booked')
        RETURNING id
    ), freed AS (
        DELETE FROM taken_nights WHERE booking_id IN (SELECT id FROM moved)
    )
    SELECT count(*)::integer FROM moved
    """,
)
LOCK_ROOMS = Query(None, "SELECT FROM rooms WHERE listing_id = ANY(:listing_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE")
# Take the same room if it is still free, else the first free one.
TAKE_ROOM = Query(
    UUID,
    """
    INSERT INTO taken_nights (room_id, nights, booking_id)
    SELECT id, daterange(:arrive, :leave), :booking_id
      FROM rooms
     WHERE listing_id = :listing_id AND open
       AND NOT EXISTS (SELECT FROM taken_nights WHERE taken_nights.room_id = rooms.id
                                                  AND nights && daterange(:arrive, :leave))
     ORDER BY id <> :room_id, position
     LIMIT 1
        ON CONFLICT DO NOTHING
    RETURNING room_id
    """,
)
RESTORE_BOOKING = Query(
    None,
    "UPDATE bookings SET state = 'reserved', room_id = :room_id WHERE id = :booking_id AND state = 'expired'",
)


async def confirm_bookings(conn: Connection, seal: Seal, order_id: UUID) -> list[BookingConfirmation]:
    """Confirm the reserved bookings of a paid order; each gets a check-in code that no other current booking has."""
    confirmed: list[BookingConfirmation] = []
    for booking in await LIST_BOOKINGS.all(conn, order_id=order_id, state=BookingState.RESERVED):
        code, code_hash = await create_check_in_code(conn, seal)
        await CONFIRM_BOOKING.run(
            conn, booking_id=booking.id, code_hash=code_hash, code_sealed=seal.seal(code, CODE_CONTEXT)
        )
        confirmed.append(BookingConfirmation(booking.suborder_id, booking.arrive_on, booking.leave_on, code))
    return confirmed


def index_check_in_code(seal: Seal, code: str) -> bytes:
    """Return the blind index of a check-in code."""
    return seal.index(f"check-in:{code}")


async def create_check_in_code(conn: Connection, seal: Seal) -> tuple[str, bytes]:
    """Return a check-in code that no guest has who is still to come, and its blind index."""
    codes = [f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}" for _ in range(_CODE_CANDIDATES)]
    hashes = {index_check_in_code(seal, code): code for code in codes}
    used = set(await LIST_CODES_IN_USE.all(conn, hashes=list(hashes)))
    code_hash = next(each for each in hashes if each not in used)
    return hashes[code_hash], code_hash


async def free_bookings(
    conn: Connection, order_ids: Sequence[UUID], *, state: BookingState, suborder_ids: Sequence[UUID] | None = None
) -> int:
    """End the bookings of orders, or of some of their suborders, and free their nights; return how many."""
    selected = None if suborder_ids is None else list(suborder_ids)
    return await FREE_BOOKINGS.one(conn, order_ids=list(order_ids), suborder_ids=selected, state=state)


async def restore_bookings(conn: Connection, order_id: UUID) -> bool:
    """Reserve rooms for an expired order again; return False, with nothing changed, unless all are available."""
    expired = await LIST_BOOKINGS.all(conn, order_id=order_id, state=BookingState.EXPIRED)
    if not expired:
        return True
    attempt = conn.transaction()
    await attempt.start()
    await LOCK_ROOMS.run(conn, listing_ids=[each.listing_id for each in expired])
    for each in expired:
        room_id = await TAKE_ROOM.maybe(
            conn,
            listing_id=each.listing_id,
            arrive=each.arrive_on,
            leave=each.leave_on,
            booking_id=each.id,
            room_id=each.room_id,
        )
        if room_id is None:
            await attempt.rollback()
            return False
        await RESTORE_BOOKING.run(conn, booking_id=each.id, room_id=room_id)
    await attempt.commit()
    return True
