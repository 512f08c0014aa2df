"""Stays by the night: their calendar, bookings and cancellation tiers."""

from market.bookings.models import (
    Booking,
    BookingId,
    BookingState,
    CancelTerms,
    StayNight,
    Tier,
    WindowWrong,
)
from market.bookings.move import CODE_CONTEXT, Confirmed, book_held, code_index, free_bookings, hold_again
from market.bookings.nights import cancel_terms, stay_nights
from market.bookings.tiers import refund_rate, refund_share, tiers_for

__all__ = [
    "CODE_CONTEXT",
    "Booking",
    "BookingId",
    "BookingState",
    "CancelTerms",
    "Confirmed",
    "StayNight",
    "Tier",
    "WindowWrong",
    "book_held",
    "cancel_terms",
    "code_index",
    "free_bookings",
    "hold_again",
    "refund_rate",
    "refund_share",
    "stay_nights",
    "tiers_for",
]
