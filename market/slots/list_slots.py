"""Read the slots of activities."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity.models import NotFound
from market.kernel import Connection, Query
from market.slots.models import MAX_SLOTS_SHOWN, Slot, SlotId


class ReservedBefore(Struct, frozen=True):
    """The places that a buyer has in a slot already."""

    slot_id: SlotId
    places: int


_COLUMNS = """
    SELECT slots.id, slots.listing_id, lower(during) AS starts_at, upper(during) AS ends_at, capacity, minimum, free,
           slots.state,
           priced.holiday IS NOT NULL AS holiday, get_cancel_tiers(slots.listing_id, 'infinity') AS tiers,
           priced.price_fen, priced.child_price_fen, priced.price_rule, priced.holiday AS holiday_name
      FROM slots
     CROSS JOIN LATERAL list_night_prices(slots.listing_id, business_day(lower(during)),
                                          business_day(lower(during)) + 1) AS priced
"""
LIST_SLOTS = Query(Slot, _COLUMNS + " WHERE slots.id = ANY(:slot_ids::uuid[])")
# What buyers may choose from: those of a listing on sale that have not started and are not cancelled.
LIST_COMING_SLOTS = Query(
    Slot,
    _COLUMNS
    + """
      JOIN listings ON listings.id = slots.listing_id
      JOIN producers ON producers.id = producer_id AND producers.state = 'open'
     WHERE slots.listing_id = :listing_id AND listings.state = 'live' AND slots.state <> 'cancelled'
       AND listings.certified_until >= business_day(:now) AND lower(during) > :now
     ORDER BY lower(during)
     LIMIT :limit
    """,
)
LIST_HOST_SLOTS = Query(
    Slot,
    _COLUMNS
    + """
      JOIN listings ON listings.id = slots.listing_id
     WHERE slots.listing_id = :listing_id AND producer_id = ANY(:producer_ids::uuid[]) AND upper(during) > :now
     ORDER BY lower(during)
     LIMIT :limit
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


async def list_coming_slots(conn: Connection, listing_id: UUID, *, now: datetime) -> list[Slot]:
    """Return the slots of an activity on sale that have not started, soonest first, at most 100.

    Closed and full ones are among them; cancelled ones are not.

    Raises:
        NotFound: the activity does not exist or is not on sale.
    """
    if not await CHECK_LISTED.one(conn, listing_id=listing_id):
        raise NotFound
    return await LIST_COMING_SLOTS.all(conn, listing_id=listing_id, now=now, limit=MAX_SLOTS_SHOWN)


async def list_host_slots(
    conn: Connection, producer_ids: Sequence[UUID], listing_id: UUID, *, now: datetime
) -> list[Slot]:
    """Return the slots of a producer's own activity that are not over, soonest first, at most 100."""
    return await LIST_HOST_SLOTS.all(
        conn, listing_id=listing_id, producer_ids=list(producer_ids), now=now, limit=MAX_SLOTS_SHOWN
    )
