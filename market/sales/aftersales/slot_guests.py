"""The guests of a host's activities, slot by slot."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.host_nights import is_guest_visible
from market.catalogue.slots.models import MAX_PLACES, ReservationState
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.sales.orders.address import open_address

MAX_PARTIES = 500


class SlotGuest(Struct, frozen=True):
    """A party of a slot, with the name and phone of its order."""

    reservation_id: UUID
    slot_id: UUID
    order_code: str
    title: str
    starts_at: datetime
    ends_at: datetime
    party: int
    state: ReservationState
    name: str
    phone: str


class _SlotGuestRow(Struct, frozen=True):
    reservation_id: UUID
    slot_id: UUID
    order_code: str
    title: str
    starts_at: datetime
    ends_at: datetime
    party: int
    state: ReservationState
    address_sealed: bytes


_GUESTS = """
    SELECT r.id AS reservation_id, slot_id, orders.number || '-' || suborders.position AS order_code, listings.title,
           lower(during) AS starts_at, upper(during) AS ends_at, party, r.state, address_sealed
      FROM slots
      JOIN listings ON listings.id = slots.listing_id AND producer_id = ANY(:producer_ids::uuid[])
      JOIN slot_reservations r ON r.slot_id = slots.id AND r.state IN ('booked', 'attended', 'missed')
      JOIN suborders ON suborders.id = r.suborder_id
      JOIN orders ON orders.id = suborders.order_id
     WHERE slots.state <> 'cancelled'
"""
LIST_SLOT_GUESTS = Query(
    _SlotGuestRow,
    _GUESTS
    + """
       AND during && tstzrange(:since::timestamptz, :until::timestamptz)
     ORDER BY lower(during), r.id
     LIMIT :limit
    """,
)
LIST_GUESTS_OF_SLOTS = Query(
    _SlotGuestRow, _GUESTS + " AND slots.id = ANY(:slot_ids::uuid[]) ORDER BY lower(during), r.id LIMIT :limit"
)


async def list_slot_guests(
    conn: Connection, seal: Seal, producer_ids: Sequence[UUID], *, first: date, last: date, today: date
) -> list[SlotGuest]:
    """Return the paid parties of the producers' slots from a day to another, soonest first, at most 500.

    Thirty days after their visit parties have no name and no phone.
    """
    since, until = get_day_start(first), get_day_start(last + timedelta(days=1))
    rows = await LIST_SLOT_GUESTS.all(
        conn, producer_ids=list(producer_ids), since=since, until=until, limit=MAX_PARTIES
    )
    return [_build_guest(seal, row, today) for row in rows]


async def list_guests_of_slots(
    conn: Connection, seal: Seal, producer_ids: Sequence[UUID], slot_ids: Sequence[UUID], *, today: date
) -> list[SlotGuest]:
    """Return the paid parties of some of the producers' slots, at most as many as one slot has places."""
    rows = await LIST_GUESTS_OF_SLOTS.all(
        conn, producer_ids=list(producer_ids), slot_ids=list(slot_ids), limit=MAX_PLACES
    )
    return [_build_guest(seal, row, today) for row in rows]


def _build_guest(seal: Seal, row: _SlotGuestRow, today: date) -> SlotGuest:
    visible = is_guest_visible(get_business_day(row.ends_at), today=today)
    address = open_address(seal, row.address_sealed) if visible else None
    return build_from(SlotGuest, row, name=address.name if address else "", phone=address.phone if address else "")
