"""The calendar of a stay, and what cancelling it would give back."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from market.bookings.models import MOST_NIGHTS_SHOWN, CancelTerms, StayNight, Tier, WindowWrong
from market.bookings.tiers import refund_rate, tiers_for
from market.identity import NotFound
from market.kernel import Connection, Query

# Taken nights are read once for the window, not once a night.
STAY_NIGHTS = Query(
    StayNight,
    """
    WITH open_rooms AS MATERIALIZED (
        SELECT id FROM rooms WHERE listing_id = :listing_id AND open
    ), taken AS MATERIALIZED (
        SELECT nights FROM taken_nights JOIN open_rooms ON open_rooms.id = room_id
         WHERE nights && daterange(:arrive, :leave)
    )
    SELECT given.night::date AS night,
           ((SELECT count(*) FROM open_rooms)
            - (SELECT count(*) FROM taken WHERE nights @> given.night::date))::integer AS free,
           coalesce((SELECT price_fen FROM night_prices
                      WHERE night_prices.listing_id = :listing_id AND valid_during @> given.night::date),
                    variants.price_fen) AS price_fen,
           holidays.name AS holiday
      FROM listings
      JOIN producers ON producers.id = producer_id AND producers.state = 'open'
      JOIN variants ON variants.listing_id = listings.id AND variants.position = 0
     CROSS JOIN generate_series(:arrive::date, :leave::date - 1, interval '1 day') AS given (night)
      LEFT JOIN holidays ON holidays.day = given.night::date AND rest
     WHERE listings.id = :listing_id AND listings.kind = 'stay' AND listings.state = 'live'
     ORDER BY 1
    """,
)


class TiersOfStay(Struct, frozen=True):
    """A stay's tiers, and whether one of the nights in question falls in a holiday."""

    holiday: bool
    tiers: list[Tier]


TIERS_OF_STAY = Query(
    TiersOfStay,
    """
    SELECT EXISTS (SELECT FROM holidays WHERE rest AND day >= :arrive AND day < :leave) AS holiday,
           coalesce((SELECT jsonb_agg(jsonb_build_object('holiday', holiday, 'days_before', days_before,
                                                         'refund_bp', refund_bp))
                       FROM cancel_tiers WHERE listing_id = :listing_id), '[]') AS tiers
    """,
)


async def stay_nights(conn: Connection, listing_id: UUID, *, arrive: date, leave: date) -> list[StayNight]:
    """Return every night from `arrive` to the one before `leave`, in one statement.

    Raises:
        WindowWrong: the window is empty, longer than 92 nights, or at an end of the calendar.
        NotFound: there is no such stay on sale.
    """
    # The driver sends the first and the last date of all as infinity, from which a series never comes to an end.
    at_an_end = arrive == date.min or leave == date.max
    if at_an_end or not 1 <= (leave - arrive).days <= MOST_NIGHTS_SHOWN:
        raise WindowWrong
    nights = await STAY_NIGHTS.all(conn, listing_id=listing_id, arrive=arrive, leave=leave)
    if not nights:
        raise NotFound
    return nights


async def cancel_terms(conn: Connection, listing_id: UUID, *, arrive: date, leave: date, day: date) -> CancelTerms:
    """Return what cancelling these nights on `day` would give back, as it is shown before paying."""
    stay = await TIERS_OF_STAY.one(conn, listing_id=listing_id, arrive=arrive, leave=leave)
    days_left = (arrive - day).days
    return CancelTerms(
        stay.holiday,
        days_left,
        refund_rate(stay.tiers, days_left=days_left, holiday=stay.holiday),
        tiers_for(stay.tiers, holiday=stay.holiday),
    )
