"""Give the rooms of a booked stay other nights: its own are freed and the new ones taken in one transaction."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import BookingState
from market.catalogue.bookings.transitions import LOCK_ROOMS, TAKE_ROOM
from market.kernel import Connection, Fen, Query, split


class MovableBooking(Struct, frozen=True):
    """A room of a paid stay whose guests have not come."""

    id: UUID
    listing_id: UUID
    room_id: UUID
    arrive_on: date
    leave_on: date


LIST_MOVABLE_BOOKINGS = Query(
    MovableBooking,
    """
    SELECT id, listing_id, room_id, lower(nights) AS arrive_on, upper(nights) AS leave_on
      FROM bookings WHERE suborder_id = :suborder_id AND state = 'booked' ORDER BY id
    """,
)
COUNT_OTHER_BOOKINGS = Query(
    int,
    "SELECT count(*)::integer FROM bookings WHERE suborder_id = :suborder_id AND state <> :state",
)
# Rooms that are free in the nights, or taken by the booking itself.
COUNT_ROOMS_FREE_FOR = Query(
    int,
    """
    SELECT count(*)::integer FROM rooms
     WHERE listing_id = :listing_id AND open
       AND NOT EXISTS (SELECT FROM taken_nights
                        WHERE taken_nights.room_id = rooms.id AND nights && daterange(:arrive, :leave)
                          AND (booking_id IS NULL OR booking_id <> ALL(:booking_ids::uuid[])))
    """,
)
FREE_NIGHTS = Query(None, "DELETE FROM taken_nights WHERE booking_id = ANY(:booking_ids::uuid[])")
MOVE_BOOKING = Query(None, "SELECT move_booking(:booking_id::uuid, :room_id::uuid, :first::date, :prices::bigint[])")


async def list_movable_bookings(conn: Connection, suborder_id: UUID) -> list[MovableBooking]:
    """Return the rooms of a stay if all of them are booked and nobody has come; else none."""
    if await COUNT_OTHER_BOOKINGS.one(conn, suborder_id=suborder_id, state=BookingState.BOOKED):
        return []
    return await LIST_MOVABLE_BOOKINGS.all(conn, suborder_id=suborder_id)


async def has_rooms_for(conn: Connection, bookings: Sequence[MovableBooking], *, arrive: date, leave: date) -> bool:
    """Return whether the stay has as many rooms in other nights, apart from those that the bookings take."""
    free = await COUNT_ROOMS_FREE_FOR.one(
        conn,
        listing_id=bookings[0].listing_id,
        arrive=arrive,
        leave=leave,
        booking_ids=[each.id for each in bookings],
    )
    return free >= len(bookings)


async def move_bookings(
    conn: Connection,
    bookings: Sequence[MovableBooking],
    *,
    arrive: date,
    leave: date,
    night_prices: Sequence[Fen],
    price_fen: Fen,
) -> bool:
    """Move the rooms of a locked order's stay to other nights, in the caller's transaction, which pays `price_fen`.

    The price is divided among rooms equally and among nights by `night_prices`, by largest remainder. Each guest keeps
    the room if it is free. Returns False if a room is missing; then the transaction must not commit.
    """
    ids = [each.id for each in bookings]
    await LOCK_ROOMS.run(conn, listing_ids=[bookings[0].listing_id])
    await FREE_NIGHTS.run(conn, booking_ids=ids)
    for booking, amount_fen in zip(bookings, split(price_fen, [1] * len(bookings)), strict=True):
        room_id = await TAKE_ROOM.maybe(
            conn,
            listing_id=booking.listing_id,
            arrive=arrive,
            leave=leave,
            booking_id=booking.id,
            room_id=booking.room_id,
        )
        if room_id is None:
            return False
        prices = split(amount_fen, list(night_prices))
        await MOVE_BOOKING.run(conn, booking_id=booking.id, room_id=room_id, first=arrive, prices=prices)
    return True
