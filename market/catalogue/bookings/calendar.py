"""Read the calendar of a stay, and its cancellation terms."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import (
    MAX_NIGHTS_SHOWN,
    CancellationTerms,
    CancellationTier,
    InvalidNightsWindow,
    StayNight,
)
from market.catalogue.bookings.tiers import make_terms
from market.kernel import Connection, Query
from market.people.identity.models import NotFound

# Taken nights are read once per query, not once per night.
LIST_STAY_NIGHTS = Query(
    StayNight,
    """
    WITH open_rooms AS MATERIALIZED (
        SELECT id FROM rooms WHERE listing_id = :listing_id AND open
    ), taken AS MATERIALIZED (
        SELECT nights FROM taken_nights JOIN open_rooms ON open_rooms.id = room_id
         WHERE nights && daterange(:arrive, :leave)
    )
    SELECT calendar.night,
           ((SELECT count(*) FROM open_rooms)
            - (SELECT count(*) FROM taken WHERE nights @> calendar.night))::integer AS free,
           calendar.price_fen, calendar.holiday, calendar.price_rule, calendar.min_nights, calendar.min_rule
      FROM listings
      JOIN producers ON producers.id = producer_id AND producers.state = 'open'
     CROSS JOIN list_night_prices(listings.id, :arrive::date, :leave::date) AS calendar
     WHERE listings.id = :listing_id AND listings.kind = 'stay' AND listings.state = 'live'
       AND (:today::date IS NULL OR listings.certified_until >= :today::date)
     ORDER BY 1
    """,
)


class StayTiers(Struct, frozen=True):
    """A stay's tiers, and whether one of the requested nights falls in a holiday."""

    holiday: bool
    tiers: list[CancellationTier]


GET_STAY_TIERS = Query(
    StayTiers,
    """
    SELECT EXISTS (SELECT FROM holidays WHERE day_off AND day >= :arrive AND day < :leave) AS holiday,
           get_cancel_tiers(listings.id, coalesce(:at::timestamptz, 'infinity')) AS tiers
      FROM listings
      JOIN producers ON producers.id = producer_id
     WHERE listings.id = :listing_id AND listings.kind = 'stay'
       AND (:at IS NOT NULL OR (listings.state = 'live' AND producers.state = 'open'))
    """,
)


FILLS_GAP = Query(bool, "SELECT fills_gap(:listing_id::uuid, :arrive::date, :leave::date, :day::date)")


async def list_stay_nights(
    conn: Connection, listing_id: UUID, *, arrive: date, leave: date, today: date | None = None
) -> list[StayNight]:
    """Return every night from `arrive` to the one before `leave`, in one statement.

    With `today`, a stay without a valid certificate is not on sale; pages have checked it with the listing.

    Raises:
        InvalidNightsWindow: the window is empty, longer than 92 nights, or at a limit of the date type.
        NotFound: the stay does not exist or is not on sale.
    """
    # asyncpg sends date.min and date.max as infinity, for which generate_series never ends.
    unbounded = arrive == date.min or leave == date.max
    if unbounded or not 1 <= (leave - arrive).days <= MAX_NIGHTS_SHOWN:
        raise InvalidNightsWindow
    nights = await LIST_STAY_NIGHTS.all(conn, listing_id=listing_id, arrive=arrive, leave=leave, today=today)
    if not nights:
        raise NotFound
    return nights


async def fills_gap(conn: Connection, listing_id: UUID, *, arrive: date, leave: date, day: date) -> bool:
    """Return whether nights are a gap in which nothing longer can be sold.

    Every room that is free for them is taken the night before, or they begin on `day`, and the night after.
    """
    return await FILLS_GAP.one(conn, listing_id=listing_id, arrive=arrive, leave=leave, day=day)


async def get_cancellation_terms(
    conn: Connection, listing_id: UUID, *, arrive: date, leave: date, day: date, at: datetime | None = None
) -> CancellationTerms:
    """Return the refund for cancelling these nights on `day`, by the tiers as they were `at` the order; None is now.

    Raises:
        NotFound: the stay does not exist, or is not on sale now.
    """
    stay = await GET_STAY_TIERS.maybe(conn, listing_id=listing_id, arrive=arrive, leave=leave, at=at)
    if stay is None:
        raise NotFound
    return make_terms(stay.tiers, days_left=(arrive - day).days, holiday=stay.holiday)
