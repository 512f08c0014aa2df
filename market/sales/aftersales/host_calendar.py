"""The nights of a stay as its host sees them: who has which room, what is closed, and the prices."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.host_nights import is_guest_visible, open_guest
from market.catalogue.bookings.models import BookingState
from market.catalogue.listings.night_rules import RuleKind
from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor, NotFound
from market.sales.orders.address import open_address


class HostNight(Struct, frozen=True):
    """One night of a stay: its rooms on sale, how many of them are free, closed, or have a guest, and its price.

    The two rules say what decided the price and the least number of nights.
    """

    night: date
    rooms: int
    closed: int
    taken: int
    price_fen: Fen
    holiday: str | None
    price_rule: RuleKind
    min_nights: int
    min_rule: RuleKind

    @property
    def free(self) -> int:
        """The rooms that can be booked."""
        return self.rooms - self.closed - self.taken


class HostRoom(Struct, frozen=True, kw_only=True):
    """A room in one night; days, state and guest are None or empty if it is free.

    `state` is None for nights that the host took out of sale; `name` is empty if the host closed them, or if the order
    is not paid yet.
    """

    room_id: UUID
    room: str
    booking_id: UUID | None
    arrive_on: date | None
    leave_on: date | None
    state: BookingState | None
    order_code: str | None
    name: str
    phone: str

    @property
    def free(self) -> bool:
        """Whether nobody has the room."""
        return self.arrive_on is None

    @property
    def closed(self) -> bool:
        """Whether the host closed the night."""
        return self.arrive_on is not None and self.state is None and not self.name


class _RoomRow(Struct, frozen=True):
    room_id: UUID
    room: str
    booking_id: UUID | None
    arrive_on: date | None
    leave_on: date | None
    state: BookingState | None
    order_code: str | None
    address_sealed: bytes | None
    guest_sealed: bytes | None


class HostBooking(Struct, frozen=True):
    """A booking of a room of the actor's stay."""

    booking_id: UUID
    order_code: str
    arrive_on: date
    leave_on: date


FIND_OWN_BOOKING = Query(
    HostBooking,
    """
    SELECT bookings.id AS booking_id, orders.number || '-' || suborders.position AS order_code,
           lower(nights) AS arrive_on, upper(nights) AS leave_on
      FROM bookings
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
     WHERE bookings.id = :booking_id AND producer_id = ANY(:producer_ids::uuid[])
    """,
)
LIST_HOST_NIGHTS = Query(
    HostNight,
    """
    WITH open_rooms AS MATERIALIZED (
        SELECT rooms.id FROM rooms JOIN listings ON listings.id = listing_id
         WHERE listing_id = :listing_id AND open AND producer_id = ANY(:producer_ids::uuid[])
    ), taken AS MATERIALIZED (
        SELECT nights, booking_id IS NULL AND guest_sealed IS NULL AS closed
          FROM taken_nights JOIN open_rooms ON open_rooms.id = room_id
         WHERE nights && daterange(:first, :until)
    )
    SELECT calendar.night,
           (SELECT count(*) FROM open_rooms)::integer AS rooms,
           (SELECT count(*) FROM taken WHERE nights @> calendar.night AND closed)::integer AS closed,
           (SELECT count(*) FROM taken WHERE nights @> calendar.night AND NOT closed)::integer AS taken,
           calendar.price_fen, calendar.holiday, calendar.price_rule, calendar.min_nights, calendar.min_rule
      FROM list_night_prices(:listing_id, :first::date, :until::date) AS calendar
     ORDER BY 1
    """,
)
LIST_HOST_ROOMS = Query(
    _RoomRow,
    """
    SELECT rooms.id AS room_id, rooms.name AS room, taken.booking_id, lower(taken.nights) AS arrive_on,
           upper(taken.nights) AS leave_on, bookings.state,
           orders.number || '-' || suborders.position AS order_code, orders.address_sealed, taken.guest_sealed
      FROM rooms
      JOIN listings ON listings.id = rooms.listing_id
      LEFT JOIN taken_nights AS taken ON taken.room_id = rooms.id AND taken.nights @> :night::date
      LEFT JOIN bookings ON bookings.id = taken.booking_id
      LEFT JOIN suborders ON suborders.id = bookings.suborder_id
      LEFT JOIN orders ON orders.id = suborders.order_id
     WHERE rooms.listing_id = :listing_id AND rooms.open AND listings.producer_id = ANY(:producer_ids::uuid[])
     ORDER BY rooms.position
     LIMIT 200
    """,
)


async def find_own_booking(conn: Connection, actor: Actor, booking_id: UUID) -> HostBooking:
    """Return a booking of the actor's stay.

    Raises:
        NotFound: there is no such booking, or the stay belongs to someone else.
    """
    booking = await FIND_OWN_BOOKING.maybe(conn, booking_id=booking_id, producer_ids=list(actor.producers))
    if booking is None:
        raise NotFound
    return booking


async def list_host_nights(
    conn: Connection, actor: Actor, listing_id: UUID, *, first: date, until: date
) -> list[HostNight]:
    """Return the nights of the actor's stay from `first` up to, not including, `until`."""
    return await LIST_HOST_NIGHTS.all(
        conn, listing_id=listing_id, producer_ids=list(actor.producers), first=first, until=until
    )


async def list_host_rooms(
    conn: Connection, seal: Seal, actor: Actor, listing_id: UUID, night: date, *, today: date
) -> list[HostRoom]:
    """Return the rooms of the actor's stay in one night, with the guests who have paid; unpaid ones have no name.

    Nor have guests thirty days after their stay.
    """
    rows = await LIST_HOST_ROOMS.all(conn, listing_id=listing_id, producer_ids=list(actor.producers), night=night)
    return [_read_room(seal, row, today) for row in rows]


def _read_room(seal: Seal, row: _RoomRow, today: date) -> HostRoom:
    name, phone = "", ""
    if row.leave_on is None or not is_guest_visible(row.leave_on, today=today):
        pass
    elif row.guest_sealed is not None:
        guest = open_guest(seal, row.guest_sealed)
        name, phone = guest.name, guest.phone
    elif row.address_sealed and row.state in {BookingState.BOOKED, BookingState.ARRIVED}:
        address = open_address(seal, row.address_sealed)
        name, phone = (address.name, address.phone) if address else ("", "")
    return build_from(HostRoom, row, name=name, phone=phone)
