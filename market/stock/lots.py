"""Opening a lot and counting it: changes arrive as deltas, never as absolute numbers."""

from datetime import datetime
from uuid import UUID

from market.identity import Actor, NotFound
from market.kernel import Connection, Query
from market.stock.models import MOST_UNITS, LessThanNothing, Lot, LotId, NothingToCount, Reason

LOT = Query(
    Lot,
    """
    SELECT id, producer_id, label, unit, left_units, waiting_units, sold_units
      FROM lots WHERE id = :lot_id AND producer_id = ANY(:producers::uuid[])
    """,
)
LOTS_OF = Query(
    Lot,
    """
    SELECT id, producer_id, label, unit, left_units, waiting_units, sold_units
      FROM lots WHERE producer_id = :producer_id ORDER BY id DESC LIMIT :most
    """,
)
OPEN_LOT = Query(
    UUID,
    "INSERT INTO lots (producer_id, label, unit, left_units) VALUES (:producer_id, :label, :unit, 0) RETURNING id",
)
LOCK_LOT = Query(
    Lot,
    """
    SELECT id, producer_id, label, unit, left_units, waiting_units, sold_units
      FROM lots WHERE id = :lot_id FOR NO KEY UPDATE
    """,
)
ADD_MOVE = Query(
    int,
    """
    INSERT INTO stock_moves (lot_id, reason, reference, units, at)
    VALUES (:lot_id, :reason, :reference, :units, :now)
    ON CONFLICT (lot_id, reason, reference) DO NOTHING
    RETURNING units
    """,
)
ADD_UNITS = Query(
    Lot,
    """
    UPDATE lots SET left_units = left_units + :units
     WHERE id = :lot_id
    RETURNING id, producer_id, label, unit, left_units, waiting_units, sold_units
    """,
)


async def open_lot(conn: Connection, *, producer_id: UUID, label: str, unit: str, units: int, now: datetime) -> LotId:
    """Open a lot with its first count, in the caller's transaction.

    Raises:
        NothingToCount: the first count is negative or beyond all bounds; 0 opens an empty lot.
    """
    lot_id = LotId(await OPEN_LOT.one(conn, producer_id=producer_id, label=label, unit=unit))
    if units:
        if not 0 < units <= MOST_UNITS:
            raise NothingToCount
        await ADD_MOVE.one(conn, lot_id=lot_id, reason=Reason.COUNT, reference="opened", units=units, now=now)
        await ADD_UNITS.one(conn, lot_id=lot_id, units=units)
    return lot_id


async def count_units(
    conn: Connection, actor: Actor, lot_id: LotId, *, change: int, reference: str, now: datetime
) -> Lot:
    """Add `change` units (negative: take away) to what can be sold, once a `reference`.

    The same reference again changes nothing, so that what a weak network sends twice counts once.

    Raises:
        NotFound: the lot is not of a producer that the actor works for.
        NothingToCount: the change is zero or beyond all bounds.
        LessThanNothing: more would go than can still be sold.
    """
    if not 0 < abs(change) <= MOST_UNITS:
        raise NothingToCount
    if await LOT.maybe(conn, lot_id=lot_id, producers=list(actor.producers)) is None:
        raise NotFound
    lot = await LOCK_LOT.one(conn, lot_id=lot_id)
    fresh = await ADD_MOVE.maybe(conn, lot_id=lot_id, reason=Reason.COUNT, reference=reference, units=change, now=now)
    if fresh is None:
        return lot
    if lot.left_units + change < 0:
        raise LessThanNothing(left=lot.left_units, unit=lot.unit, taken=-change)
    if lot.left_units + change > MOST_UNITS:
        raise NothingToCount
    return await ADD_UNITS.one(conn, lot_id=lot_id, units=change)


async def set_left(conn: Connection, lot_id: LotId, *, units: int, reference: str, now: datetime) -> None:
    """Count a lot so that exactly `units` can be sold, as one delta; for the market's own demonstrations.

    Raises:
        NothingToCount: more than anyone holds.
    """
    if not 0 <= units <= MOST_UNITS:
        raise NothingToCount
    lot = await LOCK_LOT.one(conn, lot_id=lot_id)
    change = units - lot.left_units
    if change:
        await ADD_MOVE.maybe(conn, lot_id=lot_id, reason=Reason.COUNT, reference=reference, units=change, now=now)
        await ADD_UNITS.one(conn, lot_id=lot_id, units=change)


async def lots_of(conn: Connection, producer_id: UUID, *, most: int = 100) -> list[Lot]:
    """Return a producer's lots, newest first, at most 1,000."""
    return await LOTS_OF.all(conn, producer_id=producer_id, most=min(most, 1_000))
