"""A stay by the night: its nights, its bookings, its cancellation tiers, and the answers that say no."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, Refusal

BookingId = NewType("BookingId", UUID)

MOST_NIGHTS_SHOWN = 92
"""The longest window of a calendar: three months."""


class BookingState(StrEnum):
    """Where a booking of one room stands."""

    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


MOVES: dict[BookingState, frozenset[BookingState]] = {
    BookingState.HELD: frozenset({BookingState.BOOKED, BookingState.CANCELLED, BookingState.EXPIRED}),
    BookingState.BOOKED: frozenset({BookingState.ARRIVED, BookingState.CANCELLED}),
    BookingState.ARRIVED: frozenset(),
    BookingState.CANCELLED: frozenset(),
    BookingState.EXPIRED: frozenset({BookingState.HELD}),
}
"""The moves of a booking; an expired one is held again only when its money came after all."""


class StayNight(Struct, frozen=True):
    """One night of a stay: how many rooms are free, what one costs, and the holiday it falls in."""

    night: date
    free: int
    price_fen: Fen
    holiday: str | None


class Tier(Struct, frozen=True):
    """Who cancels `days_before` days before arrival, or earlier, gets `refund_bp` of the stay back."""

    holiday: bool
    days_before: int
    refund_bp: int


class CancelTerms(Struct, frozen=True):
    """What cancelling a stay gives back: the share today, and every tier that applies to its nights."""

    holiday: bool
    days_left: int
    refund_bp: int
    tiers: list[Tier]


class Booking(Struct, frozen=True):
    """One room taken for some nights; `leave_on` is the day of departure."""

    id: BookingId
    suborder_id: UUID
    line_id: UUID
    listing_id: UUID
    room: str
    arrive_on: date
    leave_on: date
    amount_fen: Fen
    state: BookingState
    arrived_at: datetime | None


class WindowWrong(Refusal):
    """The window of nights ends before it begins, or is too long."""

    code = "window_wrong"
    status = 422
    zh = "请选 1 到 92 天的一段日期。"
    en = "Ask for a window of 1 to 92 nights."
