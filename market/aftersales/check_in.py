"""Guests arrive: their code counts once, and the money of the stay becomes the farm's."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.aftersales.models import CodeUsed, CodeWrong, NotTheDay
from market.aftersales.receive import receive
from market.aftersales.ship import own_suborder
from market.bookings import BookingState, code_index
from market.identity import Actor, NotFound
from market.kernel import Connection, Query
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.kernel.text import fold
from market.orders import open_address
from market.orders.move import lock_order_of

MOST_GUESTS = 500


class CheckedIn(Struct, frozen=True):
    """A guest who has arrived."""

    booking_id: UUID
    suborder_id: UUID
    title: str
    room: str
    arrive_on: date
    leave_on: date


class Guest(Struct, frozen=True):
    """A booking of the day, with the name and phone that its order was placed under."""

    booking_id: UUID
    order_code: str
    title: str
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    name: str
    phone: str


class _Coded(Struct, frozen=True):
    booking_id: UUID
    suborder_id: UUID
    title: str
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState


class _GuestRow(Struct, frozen=True):
    booking_id: UUID
    order_code: str
    title: str
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    address_sealed: bytes


BY_CODE = Query(
    _Coded,
    """
    SELECT bookings.id AS booking_id, bookings.suborder_id, order_lines.title, rooms.name AS room,
           lower(nights) AS arrive_on, upper(nights) AS leave_on, bookings.state
      FROM bookings
      JOIN suborders ON suborders.id = bookings.suborder_id
      JOIN order_lines ON order_lines.id = line_id
      JOIN rooms ON rooms.id = room_id
     WHERE code_hash = :code_hash AND producer_id = ANY(:producers::uuid[])
     ORDER BY bookings.state = 'booked' DESC, bookings.id DESC
     LIMIT 1
    """,
)
# The one decision: whoever comes second finds nothing to move.
ARRIVE = Query(
    int,
    """
    UPDATE bookings SET state = 'arrived', arrived_at = :now WHERE id = :booking_id AND state = 'booked'
    RETURNING 1
    """,
)
STILL_TO_COME = Query(int, "SELECT count(*) FROM bookings WHERE suborder_id = :suborder_id AND state = 'booked'")
GUESTS = Query(
    _GuestRow,
    """
    SELECT bookings.id AS booking_id, orders.number || '-' || suborders.position AS order_code, order_lines.title,
           rooms.name AS room, lower(nights) AS arrive_on, upper(nights) AS leave_on, bookings.state, address_sealed
      FROM bookings
      JOIN suborders ON suborders.id = bookings.suborder_id
      JOIN orders ON orders.id = suborders.order_id
      JOIN order_lines ON order_lines.id = line_id
      JOIN rooms ON rooms.id = room_id
     WHERE bookings.listing_id IN (SELECT id FROM listings WHERE producer_id = :producer_id AND kind = 'stay')
       AND nights @> :day::date AND bookings.state IN ('booked', 'arrived')
     ORDER BY lower(nights) DESC, rooms.position
     LIMIT :most
    """,
)


async def check_in_guest(conn: Connection, seal: Seal, actor: Actor, code: str, *, now: datetime) -> CheckedIn:
    """Let the guest in who shows `code`, once, in the caller's transaction.

    When the last room of the stay has arrived, what was held becomes the producer's. The code counts from the day of
    arrival to that of departure.

    Raises:
        CodeWrong: no guest of the actor's producers holds it, or the booking was cancelled.
        CodeUsed: the guest has arrived before.
        NotTheDay: the guest comes on another day.
    """
    digits = re.sub(r"\D", "", fold(code))
    found = await _find(conn, seal, actor, digits)
    order = await lock_order_of(conn, found.suborder_id)
    suborder = None if order is None else await own_suborder(conn, actor, order.id, found.suborder_id)
    if order is None or suborder is None:
        raise NotFound
    if not found.arrive_on <= day_of(now) <= found.leave_on:
        raise NotTheDay(arrive_on=found.arrive_on, leave_on=found.leave_on)
    if await ARRIVE.maybe(conn, booking_id=found.booking_id, now=now) is None:
        raise CodeUsed
    if not await STILL_TO_COME.one(conn, suborder_id=found.suborder_id):
        await receive(conn, seal, order, [suborder], actor=str(actor.account_id), now=now)
    return CheckedIn(found.booking_id, found.suborder_id, found.title, found.room, found.arrive_on, found.leave_on)


async def _find(conn: Connection, seal: Seal, actor: Actor, digits: str) -> _Coded:
    found = await BY_CODE.maybe(conn, code_hash=code_index(seal, digits), producers=list(actor.producers))
    if found is None or found.state is BookingState.CANCELLED:
        raise CodeWrong
    if found.state is BookingState.ARRIVED:
        raise CodeUsed
    return found


async def guests_of(conn: Connection, seal: Seal, producer_id: UUID, day: date) -> Sequence[Guest]:
    """Return who sleeps at a producer's in the night of `day`, arrivals of the day first, at most 500."""
    rows = await GUESTS.all(conn, producer_id=producer_id, day=day, most=MOST_GUESTS)
    guests: list[Guest] = []
    for row in rows:
        address = open_address(seal, row.address_sealed)
        guests.append(
            Guest(
                row.booking_id,
                row.order_code,
                row.title,
                row.room,
                row.arrive_on,
                row.leave_on,
                row.state,
                address.name if address else "",
                address.phone if address else "",
            )
        )
    return guests
