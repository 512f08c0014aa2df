"""Check in guests by code, which releases the escrow of the stay or the activity."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import ceil
from uuid import UUID

import msgspec
from msgspec import Struct

from market.catalogue.bookings.host_nights import is_guest_visible
from market.catalogue.bookings.models import BookingState
from market.catalogue.bookings.transitions import index_check_in_code
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import (
    CheckInCodeUsed,
    CheckInOutsideStay,
    InvalidCheckInCode,
    TooManyCheckInCodes,
    VisitCancelled,
)
from market.sales.aftersales.receive import receive_suborders
from market.sales.aftersales.ship import find_own_suborder
from market.sales.orders.address import open_address
from market.sales.orders.transitions import lock_order_by_suborder

MAX_GUESTS = 500
MAX_WRONG_CODES = 10
"""Wrong codes of one host in an hour: a host must not find the codes of guests who have not come."""
WRONG_CODE_WINDOW = timedelta(hours=1)
_WRONG_CODE = "stay.wrong_code"


class CheckIn(Struct, frozen=True):
    """A booking of a room, or of places in a slot, whose guests have just arrived.

    `party` is the number of guests of an activity, which has no room; its `leave_on` is the day on which it ends.
    """

    booking_id: UUID
    suborder_id: UUID
    title: str
    room: str
    arrive_on: date
    leave_on: date
    party: int | None = None


class Guest(Struct, frozen=True):
    """A booking of a night, with the name and phone of its order."""

    booking_id: UUID
    order_code: str
    title: str
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    name: str
    phone: str


class _BookingByCode(Struct, frozen=True):
    booking_id: UUID
    suborder_id: UUID
    title: str
    room: str
    arrive_on: date
    leave_on: date
    used: bool
    cancelled: bool
    party: int | None


class _GuestRow(Struct, frozen=True):
    booking_id: UUID
    order_code: str
    title: str
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    address_sealed: bytes


# One attempt of a host after another, so that the limit is exact.
LOCK_ATTEMPTS = Query(None, "SELECT pg_advisory_xact_lock(7004, hashtext(:account_id::text))")
# The oldest of the newest `:most` wrong codes: when it leaves the window, there is an attempt again.
FIND_LIMITING_ATTEMPT = Query(
    datetime,
    """
    SELECT at FROM audit_entries
     WHERE object = :object AND at > :since AND action = :action
     ORDER BY at DESC OFFSET :most - 1 LIMIT 1
    """,
)
_ROOMS = """
    SELECT bookings.id AS booking_id, bookings.suborder_id, order_lines.title, rooms.name AS room,
           lower(nights) AS arrive_on, upper(nights) AS leave_on, bookings.state = 'arrived' AS used,
           bookings.state NOT IN ('booked', 'arrived') AS cancelled, NULL::integer AS party
      FROM bookings
      JOIN suborders ON suborders.id = bookings.suborder_id
      JOIN order_lines ON order_lines.id = line_id
      JOIN rooms ON rooms.id = room_id
     WHERE producer_id = ANY(:producers::uuid[])
"""
_PARTIES = """
    SELECT r.id, r.suborder_id, order_lines.title, '', business_day(lower(during)), business_day(upper(during)),
           r.state IN ('attended', 'missed'),
           r.state NOT IN ('booked', 'attended', 'missed') OR slots.state = 'cancelled', party
      FROM slot_reservations r
      JOIN slots ON slots.id = slot_id
      JOIN suborders ON suborders.id = r.suborder_id
      JOIN order_lines ON order_lines.suborder_id = r.suborder_id AND order_lines.position = 1
     WHERE producer_id = ANY(:producers::uuid[])
"""
FIND_BOOKING_BY_CODE = Query(
    _BookingByCode,
    _ROOMS
    + " AND code_hash = :code_hash AND bookings.state IN ('booked', 'arrived') UNION ALL "
    + _PARTIES
    + """
       AND code_hash = :code_hash AND r.state IN ('booked', 'attended') AND slots.state <> 'cancelled'
     ORDER BY used, booking_id DESC
     LIMIT 1
    """,
)
FIND_VISIT = Query(
    _BookingByCode,
    _ROOMS + " AND bookings.id = :visit_id UNION ALL " + _PARTIES + " AND r.id = :visit_id",
)
# The condition on the state serialises concurrent check-ins.
MARK_ATTENDED = Query(
    int,
    """
    UPDATE slot_reservations SET state = 'attended', attended_at = :now WHERE id = :booking_id AND state = 'booked'
    RETURNING 1
    """,
)
MARK_ARRIVED = Query(
    int,
    """
    UPDATE bookings SET state = 'arrived', arrived_at = :now WHERE id = :booking_id AND state = 'booked'
    RETURNING 1
    """,
)
COUNT_EXPECTED = Query(int, "SELECT count(*) FROM bookings WHERE suborder_id = :suborder_id AND state = 'booked'")
LIST_GUESTS = Query(
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
     LIMIT :limit
    """,
)


async def check_in_guest(
    conn: Connection, seal: Seal, actor: Actor, code: str, *, now: datetime
) -> CheckIn | InvalidCheckInCode:
    """Check in the guest with `code`, once, in the caller's transaction.

    When the guests of every room, or the party of an activity, have arrived, the escrow is released to the producer.
    The code is valid from the first day of the visit to the last. A wrong code, or that of a cancelled booking, is
    recorded and returned, not raised, so that the caller commits it.

    Raises:
        TooManyCheckInCodes: the actor tried ten wrong codes in the last hour.
        CheckInCodeUsed: the guest has already checked in.
        CheckInOutsideStay: today is outside the stay.
    """
    await require_attempts_left(conn, actor, now=now)
    booking = await _find_booking(conn, seal, actor, code)
    if booking is None:
        return await record_wrong_code(conn, actor, now=now)
    if booking.used:
        raise CheckInCodeUsed
    return await _check_in(conn, seal, actor, booking, shown_at=now, now=now)


async def find_visit_by_code(conn: Connection, seal: Seal, actor: Actor, code: str, *, now: datetime) -> UUID | None:
    """Return the booking or the reservation at the actor's with a code, used or not, or None.

    Raises:
        TooManyCheckInCodes: the actor tried ten wrong codes in the last hour.
    """
    await require_attempts_left(conn, actor, now=now)
    booking = await _find_booking(conn, seal, actor, code)
    return None if booking is None else booking.booking_id


async def redeem_visit(
    conn: Connection, seal: Seal, actor: Actor, visit_id: UUID, *, shown_at: datetime, now: datetime
) -> CheckIn:
    """Check in the guests of a visit at the actor's whose code was shown at `shown_at`, in the caller's transaction.

    The caller has verified the code.

    Raises:
        NotFound: there is no such visit at the actor's.
        VisitCancelled: it was cancelled.
        CheckInCodeUsed: the guests have already checked in.
        CheckInOutsideStay: the code was shown outside the stay.
    """
    booking = await FIND_VISIT.maybe(conn, visit_id=visit_id, producers=list(actor.producers))
    if booking is None:
        raise NotFound
    if booking.cancelled:
        raise VisitCancelled
    if booking.used:
        raise CheckInCodeUsed
    return await _check_in(conn, seal, actor, booking, shown_at=shown_at, now=now)


async def _check_in(
    conn: Connection, seal: Seal, actor: Actor, found: _BookingByCode, *, shown_at: datetime, now: datetime
) -> CheckIn:
    order = await lock_order_by_suborder(conn, found.suborder_id)
    suborder = None if order is None else await find_own_suborder(conn, actor, order.id, found.suborder_id)
    # The days may have changed, or the stay ended, before the lock was had.
    booking = await FIND_VISIT.maybe(conn, visit_id=found.booking_id, producers=list(actor.producers))
    if order is None or suborder is None or booking is None:
        raise NotFound
    if not booking.arrive_on <= get_business_day(shown_at) <= booking.leave_on:
        raise CheckInOutsideStay(arrive_on=booking.arrive_on, leave_on=booking.leave_on)
    mark = MARK_ARRIVED if booking.party is None else MARK_ATTENDED
    if await mark.maybe(conn, booking_id=booking.booking_id, now=shown_at) is None:
        raise CheckInCodeUsed
    if not await COUNT_EXPECTED.one(conn, suborder_id=booking.suborder_id):
        await receive_suborders(conn, seal, order, [suborder], actor=str(actor.account_id), now=now)
    return msgspec.convert(booking, CheckIn, from_attributes=True)


async def require_attempts_left(conn: Connection, actor: Actor, *, now: datetime) -> None:
    """Require that a host, or the keeper of a pickup point, tried fewer than ten wrong codes in the last hour.

    Raises:
        TooManyCheckInCodes: they did not.
    """
    await LOCK_ATTEMPTS.run(conn, account_id=str(actor.account_id))
    limiting = await FIND_LIMITING_ATTEMPT.maybe(
        conn,
        object=f"account:{actor.account_id}",
        since=now - WRONG_CODE_WINDOW,
        action=_WRONG_CODE,
        most=MAX_WRONG_CODES,
    )
    if limiting is not None:
        raise TooManyCheckInCodes(retry_after=ceil((limiting + WRONG_CODE_WINDOW - now).total_seconds()))


async def record_wrong_code(conn: Connection, actor: Actor, *, now: datetime) -> InvalidCheckInCode:
    """Record a wrong code of the actor, which the caller commits, and return the refusal."""
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=_WRONG_CODE,
        object=f"account:{actor.account_id}",
        detail={},
        now=now,
    )
    return InvalidCheckInCode()


async def _find_booking(conn: Connection, seal: Seal, actor: Actor, code: str) -> _BookingByCode | None:
    digits = re.sub(r"\D", "", normalize_text(code))
    return await FIND_BOOKING_BY_CODE.maybe(
        conn, code_hash=index_check_in_code(seal, digits), producers=list(actor.producers)
    )


async def list_guests(conn: Connection, seal: Seal, producer_id: UUID, day: date, *, today: date) -> Sequence[Guest]:
    """Return a producer's guests in the night of `day`, arrivals of the day first, at most 500.

    Thirty days after their stay guests have no name and no phone.
    """
    rows = await LIST_GUESTS.all(conn, producer_id=producer_id, day=day, limit=MAX_GUESTS)
    guests: list[Guest] = []
    for row in rows:
        visible = is_guest_visible(row.leave_on, today=today)
        address = open_address(seal, row.address_sealed) if visible else None
        guests.append(
            build_from(Guest, row, name=address.name if address else "", phone=address.phone if address else "")
        )
    return guests
