"""Stays: nights, bookings, cancellation tiers, and their refusals."""

from datetime import date
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.night_rules import RuleKind
from market.kernel import Fen, Refusal

BookingId = NewType("BookingId", UUID)

MAX_NIGHTS_SHOWN = 92
"""The largest number of nights in one calendar window: three months."""

MAX_HOST_NIGHTS = 92
"""The largest number of nights that a host closes, opens or gives to a guest at once."""


class BookingState(StrEnum):
    """The state of a booking of one room."""

    RESERVED = "reserved"
    BOOKED = "booked"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class StayNight(Struct, frozen=True):
    """One night of a stay: free rooms, price of a room, and the holiday it falls in.

    A stay that includes it has at least `min_nights`; the two rules say what decided the price and that number.
    """

    night: date
    free: int
    price_fen: Fen
    holiday: str | None
    price_rule: RuleKind
    min_nights: int
    min_rule: RuleKind


class CancellationTier(Struct, frozen=True):
    """Cancelling at least `days_before` days before arrival refunds `refund_bp` of the stay."""

    holiday: bool
    days_before: int
    refund_bp: int


class CancellationTerms(Struct, frozen=True):
    """The refund for cancelling a stay: the rate today, and every tier that applies to its nights."""

    holiday: bool
    days_left: int
    refund_bp: int
    tiers: list[CancellationTier]


class InvalidNightsWindow(Refusal):
    """The window of nights is empty or too long."""

    code = "window_wrong"
    status = 422
    zh = f"请选 1 到 {MAX_NIGHTS_SHOWN} 天的一段日期。"
    en = f"Choose a window of 1 to {MAX_NIGHTS_SHOWN} nights."


class InvalidHostNights(Refusal):
    """The nights that a host takes out of sale, or their guest, are invalid; `errors` lists the fields."""

    code = "host_nights_wrong"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class RoomTaken(Refusal):
    """A guest has the room in one of the nights; nothing was changed."""

    code = "room_taken"
    status = 409
    zh = "这间房这几晚里已经有客人了，没有改。看看是谁、哪几晚，再选别的房间或者日子。"
    en = "A guest has the room in one of these nights; nothing was changed."


class StayTooShort(Refusal):
    """The host asks for more nights at that time; `until` is the first day of departure that is long enough."""

    code = "stay_too_short"
    status = 422
    zh = "“{title}”{reason}最少住 {min_nights} 晚。走的日子改到{day}，或者换别的日子。"
    en = "“{title}” is let for at least {min_nights} nights then; leave on {day} or later."
