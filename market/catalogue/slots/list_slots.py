"""Read the slots of activities."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.models import MAX_SLOTS_COUNTED, MAX_SLOTS_SHOWN, Slot, SlotId
from market.kernel import Connection, Query
from market.people.identity.models import NotFound


class ReservedBefore(Struct, frozen=True):
    """The places that a buyer has in a slot already."""

    slot_id: SlotId
    places: int


_COLUMNS = """
    SELECT slots.id, slots.listing_id, lower(during) AS starts_at, upper(during) AS ends_at, capacity, minimum, free,
           slots.state,
           priced.holiday IS NOT NULL AS holiday, get_cancel_tiers(slots.listing_id, 'infinity') AS tiers,
           priced.price_fen, priced.child_price_fen, priced.price_rule, priced.holiday AS holiday_name
      FROM """
_PRICED = """
     CROSS JOIN LATERAL list_night_prices(slots.listing_id, business_day(lower(during)),
                                          business_day(lower(during)) + 1) AS priced
"""
LIST_SLOTS = Query(Slot, _COLUMNS + "slots" + _PRICED + " WHERE slots.id = ANY(:slot_ids::uuid[])")
# A page begins behind the slot `after` of the listing, at the start without one. Only its slots are priced.
_PAGE = """
               AND (lower(during), id) > (coalesce((SELECT lower(a.during) FROM slots a
                                                     WHERE a.id = :after::uuid AND a.listing_id = :listing_id),
                                                   '-infinity'), coalesce(:after, :listing_id::uuid))
             ORDER BY lower(during), id
             LIMIT :limit"""
# What buyers may choose from: those of a listing on sale that have not started and are not cancelled.
_COMING = """(SELECT * FROM slots
             WHERE listing_id = :listing_id AND state <> 'cancelled' AND lower(during) > :now"""
_ON_SALE = """
      JOIN listings ON listings.id = slots.listing_id
      JOIN producers ON producers.id = producer_id AND producers.state = 'open'
     WHERE listings.state = 'live' AND listings.certified_until >= business_day(:now)
     ORDER BY lower(during), slots.id
"""
LIST_COMING_SLOTS = Query(Slot, _COLUMNS + _COMING + _PAGE + ") AS slots" + _PRICED + _ON_SALE)
FIND_COMING_SLOT = Query(Slot, _COLUMNS + _COMING + " AND id = :slot_id) AS slots" + _PRICED + _ON_SALE)
# The index of a listing is by start, and none takes longer than a day.
_NOT_OVER = """(SELECT * FROM slots
             WHERE listing_id = :listing_id AND upper(during) > :now
               AND lower(during) > :now::timestamptz - interval '1 day'"""
_OF_HOST = """
      JOIN listings ON listings.id = slots.listing_id
     WHERE producer_id = ANY(:producer_ids::uuid[])
     ORDER BY lower(during), slots.id
"""
LIST_HOST_SLOTS = Query(Slot, _COLUMNS + _NOT_OVER + _PAGE + ") AS slots" + _PRICED + _OF_HOST)
FIND_HOST_SLOT = Query(Slot, _COLUMNS + _NOT_OVER + " AND id = :slot_id) AS slots" + _PRICED + _OF_HOST)
COUNT_OPEN_SLOTS = Query(
    int,
    """
    SELECT count(*) FROM (SELECT FROM slots WHERE listing_id = :listing_id AND state = 'open' AND lower(during) > :now
                           LIMIT :most) AS coming
    """,
)
SUM_RESERVED_PLACES = Query(
    ReservedBefore,
    """
    SELECT slot_id, sum(party)::integer AS places
      FROM slot_reservations r
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
     WHERE slot_id = ANY(:slot_ids::uuid[]) AND buyer_id = :buyer_id AND r.state IN ('reserved', 'booked')
     GROUP BY slot_id
    """,
)
CHECK_LISTED = Query(
    bool, "SELECT EXISTS (SELECT FROM listings WHERE id = :listing_id AND kind = 'activity' AND state = 'live')"
)


async def load_slots(conn: Connection, slot_ids: Sequence[UUID]) -> dict[SlotId, Slot]:
    """Return slots by id; unknown ones are omitted. Without ids no statement is sent."""
    if not slot_ids:
        return {}
    return {each.id: each for each in await LIST_SLOTS.all(conn, slot_ids=list(slot_ids))}


async def load_reserved_places(conn: Connection, buyer_id: UUID, slot_ids: Sequence[UUID]) -> dict[SlotId, int]:
    """Return how many places a buyer has in each slot already, paid or not. Without ids no statement is sent."""
    if not slot_ids:
        return {}
    rows = await SUM_RESERVED_PLACES.all(conn, buyer_id=buyer_id, slot_ids=list(slot_ids))
    return {row.slot_id: row.places for row in rows}


async def list_coming_slots(
    conn: Connection, listing_id: UUID, *, now: datetime, after: UUID | None = None, limit: int = MAX_SLOTS_SHOWN
) -> list[Slot]:
    """Return the slots of an activity on sale that have not started, soonest first, from behind the slot `after`.

    Closed and full ones are among them; cancelled ones are not. What is no slot of the activity is before all of them.

    Raises:
        NotFound: the activity does not exist or is not on sale.
    """
    if not await CHECK_LISTED.one(conn, listing_id=listing_id):
        raise NotFound
    return await LIST_COMING_SLOTS.all(conn, listing_id=listing_id, now=now, after=after, limit=limit)


async def find_coming_slot(conn: Connection, listing_id: UUID, slot_id: UUID, *, now: datetime) -> Slot | None:
    """Return a slot that `list_coming_slots` lists, or None."""
    return await FIND_COMING_SLOT.maybe(conn, listing_id=listing_id, slot_id=slot_id, now=now)


async def list_host_slots(
    conn: Connection,
    producer_ids: Sequence[UUID],
    listing_id: UUID,
    *,
    now: datetime,
    after: UUID | None = None,
    limit: int = MAX_SLOTS_SHOWN,
) -> list[Slot]:
    """Return the slots of a producer's own activity that are not over, soonest first, from behind the slot `after`."""
    return await LIST_HOST_SLOTS.all(
        conn, listing_id=listing_id, producer_ids=list(producer_ids), now=now, after=after, limit=limit
    )


async def find_host_slot(
    conn: Connection, producer_ids: Sequence[UUID], listing_id: UUID, slot_id: UUID, *, now: datetime
) -> Slot | None:
    """Return a slot that `list_host_slots` lists, or None."""
    return await FIND_HOST_SLOT.maybe(
        conn, listing_id=listing_id, producer_ids=list(producer_ids), slot_id=slot_id, now=now
    )


async def count_open_slots(conn: Connection, listing_id: UUID, *, now: datetime) -> int:
    """Return how many slots of an activity take guests and have not started, at most `MAX_SLOTS_COUNTED`."""
    return await COUNT_OPEN_SLOTS.one(conn, listing_id=listing_id, now=now, most=MAX_SLOTS_COUNTED)
