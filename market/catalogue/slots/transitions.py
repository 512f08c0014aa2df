"""Changes to reservations of places by orders: paid ones get a check-in code, ended ones free their places."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.bookings.transitions import CODE_CONTEXT, create_check_in_code
from market.catalogue.slots.models import ReservationState
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from


class ReservedPlaces(Struct, frozen=True):
    """Unpaid places of an order."""

    id: UUID
    suborder_id: UUID
    starts_at: datetime
    ends_at: datetime
    party: int
    cancelled: bool


class PlacesConfirmation(Struct, frozen=True):
    """Confirmed places in a slot and their check-in code; `cancelled`: the host cancelled the slot meanwhile."""

    suborder_id: UUID
    starts_at: datetime
    ends_at: datetime
    party: int
    cancelled: bool
    code: str


class BookedPlaces(Struct, frozen=True):
    """Places of an order with the refunds of cancelling them; `begun` once the slot starts or the guests come.

    Those in a cancelled slot are refunded whole, and are not among them.
    """

    suborder_id: UUID
    starts_at: datetime
    begun: bool
    holiday: bool
    tiers: list[CancellationTier]


LIST_RESERVED_PLACES = Query(
    ReservedPlaces,
    """
    SELECT r.id, suborder_id, lower(during) AS starts_at, upper(during) AS ends_at, party,
           slots.state = 'cancelled' AS cancelled
      FROM slot_reservations r JOIN suborders ON suborders.id = suborder_id JOIN slots ON slots.id = slot_id
     WHERE order_id = :order_id AND r.state = 'reserved'
     ORDER BY r.id
    """,
)
CONFIRM_PLACES = Query(
    None,
    """
    UPDATE slot_reservations SET state = 'booked', code_hash = :code_hash, code_sealed = :code_sealed
     WHERE id = :reservation_id AND state = 'reserved'
    """,
)
LIST_BOOKED_PLACES = Query(
    BookedPlaces,
    """
    SELECT suborder_id, lower(during) AS starts_at,
           r.state IN ('attended', 'missed') OR lower(during) <= :now AS begun,
           EXISTS (SELECT FROM holidays WHERE day_off AND day = business_day(lower(during))) AS holiday,
           get_cancel_tiers(slots.listing_id, orders.placed_at) AS tiers
      FROM slot_reservations r JOIN suborders ON suborders.id = suborder_id JOIN slots ON slots.id = slot_id
      JOIN orders ON orders.id = order_id
     WHERE order_id = :order_id AND slots.state <> 'cancelled'
    """,
)
FREE_PLACES = Query(
    None,
    """
    WITH locked AS (
        SELECT id FROM slots
         WHERE id IN (SELECT slot_id FROM slot_reservations JOIN suborders ON suborders.id = suborder_id
                       WHERE order_id = ANY(:order_ids::uuid[]))
         ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        UPDATE slot_reservations SET state = :state
          FROM suborders, locked
         WHERE suborders.id = suborder_id AND locked.id = slot_id AND order_id = ANY(:order_ids::uuid[])
           AND (:suborder_ids::uuid[] IS NULL OR suborder_id = ANY(:suborder_ids))
           AND slot_reservations.state IN ('reserved', 'booked')
        RETURNING slot_id, party
    )
    UPDATE slots SET free = free + moved.places
      FROM (SELECT slot_id, sum(party)::integer AS places FROM moved GROUP BY slot_id) AS moved
     WHERE slots.id = moved.slot_id
    """,
)
# Reserves all places of an order again or none; returns whether they were reserved.
RESTORE_PLACES = Query(
    bool,
    """
    WITH locked AS (
        SELECT id, free, state, lower(during) AS starts_at FROM slots
         WHERE id IN (SELECT slot_id FROM slot_reservations JOIN suborders ON suborders.id = suborder_id
                       WHERE order_id = :order_id)
         ORDER BY id FOR NO KEY UPDATE
    ), need AS (
        SELECT slot_id, sum(party)::integer AS places
          FROM slot_reservations r JOIN suborders ON suborders.id = suborder_id
         WHERE order_id = :order_id AND r.state = 'expired'
         GROUP BY slot_id
    ), enough AS (
        SELECT NOT EXISTS (
               SELECT FROM need JOIN locked ON locked.id = slot_id
                WHERE locked.state <> 'open' OR free < places OR starts_at <= :now) AS enough
    ), taken AS (
        UPDATE slots SET free = slots.free - places
          FROM need, enough
         WHERE slots.id = slot_id AND enough.enough
    ), moved AS (
        UPDATE slot_reservations r SET state = 'reserved'
          FROM suborders, enough
         WHERE suborders.id = suborder_id AND order_id = :order_id AND r.state = 'expired' AND enough.enough
    )
    SELECT enough FROM enough
    """,
)


async def confirm_places(conn: Connection, seal: Seal, order_id: UUID) -> list[PlacesConfirmation]:
    """Confirm the places of a paid order; each suborder gets one check-in code for its party."""
    confirmed: list[PlacesConfirmation] = []
    for each in await LIST_RESERVED_PLACES.all(conn, order_id=order_id):
        code, code_hash = await create_check_in_code(conn, seal)
        await CONFIRM_PLACES.run(
            conn, reservation_id=each.id, code_hash=code_hash, code_sealed=seal.seal(code, CODE_CONTEXT)
        )
        confirmed.append(build_from(PlacesConfirmation, each, code=code))
    return confirmed


async def list_booked_places(conn: Connection, order_id: UUID, *, now: datetime) -> list[BookedPlaces]:
    """Return the places of an order with the refunds of cancelling them."""
    return await LIST_BOOKED_PLACES.all(conn, order_id=order_id, now=now)


async def free_places(
    conn: Connection, order_ids: Sequence[UUID], *, state: ReservationState, suborder_ids: Sequence[UUID] | None = None
) -> None:
    """End the reservations of orders, or of some of their suborders, and free their places."""
    selected = None if suborder_ids is None else list(suborder_ids)
    await FREE_PLACES.run(conn, order_ids=list(order_ids), suborder_ids=selected, state=state)


async def restore_places(conn: Connection, order_id: UUID, *, now: datetime) -> bool:
    """Reserve the places of an expired order again; return False, with nothing changed, unless all are available."""
    return await RESTORE_PLACES.one(conn, order_id=order_id, now=now)
