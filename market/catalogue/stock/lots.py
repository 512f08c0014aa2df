"""Open lots and change their available units, by differences."""

from datetime import datetime
from uuid import UUID

from market.catalogue.stock.models import MAX_UNITS, InvalidStockChange, Lot, LotId, StockMoveReason, StockTooLow
from market.kernel import Connection, Query
from market.people.identity.models import Actor, NotFound

GET_LOT = Query(
    Lot,
    """
    SELECT id, producer_id, label, unit, available_units AS left_units,
           reserved_units AS waiting_units, sold_units
      FROM lots WHERE id = :lot_id AND producer_id = ANY(:producers::uuid[])
    """,
)
OPEN_LOT = Query(
    UUID,
    "INSERT INTO lots (producer_id, label, unit, available_units) VALUES (:producer_id, :label, :unit, 0) RETURNING id",
)
LOCK_LOT = Query(
    Lot,
    """
    SELECT id, producer_id, label, unit, available_units AS left_units,
           reserved_units AS waiting_units, sold_units
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
    UPDATE lots SET available_units = available_units + :units
     WHERE id = :lot_id
    RETURNING id, producer_id, label, unit, available_units AS left_units,
           reserved_units AS waiting_units, sold_units
    """,
)


async def open_lot(conn: Connection, *, producer_id: UUID, label: str, unit: str, units: int, now: datetime) -> LotId:
    """Open a lot with its first count, in the caller's transaction.

    Raises:
        InvalidStockChange: the first count is negative or above `MAX_UNITS`; 0 opens an empty lot.
    """
    lot_id = LotId(await OPEN_LOT.one(conn, producer_id=producer_id, label=label, unit=unit))
    if units:
        if not 0 < units <= MAX_UNITS:
            raise InvalidStockChange
        await ADD_MOVE.one(conn, lot_id=lot_id, reason=StockMoveReason.COUNT, reference="opened", units=units, now=now)
        await ADD_UNITS.one(conn, lot_id=lot_id, units=units)
    return lot_id


async def count_units(
    conn: Connection, actor: Actor, lot_id: LotId, *, change: int, reference: str, now: datetime
) -> Lot:
    """Add `change` units (negative: remove) to the available units, once per `reference`.

    A repeated reference changes nothing, so that a duplicate request is applied once.

    Raises:
        NotFound: the lot does not belong to a producer that the actor works for.
        InvalidStockChange: the change is zero, or the lot would exceed `MAX_UNITS`.
        StockTooLow: fewer units are available than are to be removed.
    """
    if not 0 < abs(change) <= MAX_UNITS:
        raise InvalidStockChange
    if await GET_LOT.maybe(conn, lot_id=lot_id, producers=list(actor.producers)) is None:
        raise NotFound
    lot = await LOCK_LOT.one(conn, lot_id=lot_id)
    added = await ADD_MOVE.maybe(
        conn, lot_id=lot_id, reason=StockMoveReason.COUNT, reference=reference, units=change, now=now
    )
    if added is None:
        return lot
    if lot.available_units + change < 0:
        raise StockTooLow(left=lot.available_units, unit=lot.unit, removed=-change)
    if lot.available_units + change > MAX_UNITS:
        raise InvalidStockChange
    return await ADD_UNITS.one(conn, lot_id=lot_id, units=change)


async def set_available_units(conn: Connection, lot_id: LotId, *, units: int, reference: str, now: datetime) -> None:
    """Set the available units of a lot by one count; used by the demo.

    Raises:
        InvalidStockChange: `units` is negative or above `MAX_UNITS`.
    """
    if not 0 <= units <= MAX_UNITS:
        raise InvalidStockChange
    lot = await LOCK_LOT.one(conn, lot_id=lot_id)
    change = units - lot.available_units
    if change:
        await ADD_MOVE.maybe(
            conn, lot_id=lot_id, reason=StockMoveReason.COUNT, reference=reference, units=change, now=now
        )
        await ADD_UNITS.one(conn, lot_id=lot_id, units=change)


async def empty_lot(conn: Connection, lot_id: LotId, *, reference: str, now: datetime) -> None:
    """Remove the available units of a lot that nothing sells from any more; reserved units stay."""
    lot = await LOCK_LOT.one(conn, lot_id=lot_id)
    if lot.available_units:
        units = -lot.available_units
        await ADD_MOVE.one(conn, lot_id=lot_id, reason=StockMoveReason.COUNT, reference=reference, units=units, now=now)
        await ADD_UNITS.one(conn, lot_id=lot_id, units=units)
