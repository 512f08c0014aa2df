"""Changes to lots by orders: reserved units are sold or freed once, sold units may be returned.

Every function locks the lots in id order. The caller checks that the order may change state; the unique key of
`stock_moves` guarantees that its units are freed only once.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.catalogue.stock.models import StockMoveReason
from market.kernel import Connection, Query

SELL_RESERVED = Query(
    None,
    """
    WITH locked AS (
        SELECT lots.id FROM lots
         WHERE id IN (SELECT lot_id FROM suborders JOIN order_lines ON suborder_id = suborders.id
                       WHERE order_id = :order_id)
         ORDER BY id FOR NO KEY UPDATE
    ), need AS (
        SELECT lot_id, sum(units)::integer AS units
          FROM suborders JOIN order_lines ON suborder_id = suborders.id
         WHERE order_id = :order_id AND lot_id IS NOT NULL
         GROUP BY lot_id
    )
    UPDATE lots SET reserved_units = reserved_units - need.units, sold_units = sold_units + need.units
      FROM locked JOIN need ON need.lot_id = locked.id
     WHERE lots.id = locked.id
    """,
)
FREE_STOCK = Query(
    int,
    """
    WITH locked AS (
        SELECT lots.id FROM lots
         WHERE id IN (SELECT lot_id FROM suborders JOIN order_lines ON suborder_id = suborders.id
                       WHERE order_id = ANY(:order_ids::uuid[]))
         ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        INSERT INTO stock_moves (lot_id, reason, reference, units, at)
        SELECT lot_id, :reason, 'order:' || order_id, sum(units)::integer, :now
          FROM suborders JOIN order_lines ON suborder_id = suborders.id
         WHERE order_id = ANY(:order_ids::uuid[]) AND lot_id IN (SELECT id FROM locked)
         GROUP BY order_id, lot_id
        RETURNING lot_id, units
    ), freed AS (
        UPDATE lots SET available_units = available_units + back.units, reserved_units = reserved_units - back.units
          FROM (SELECT lot_id, sum(units)::integer AS units FROM moved GROUP BY lot_id) AS back
         WHERE lots.id = back.lot_id
        RETURNING lots.id
    )
    SELECT count(*)::integer FROM freed
    """,
)
RETURN_SOLD = Query(
    int,
    """
    WITH locked AS (
        SELECT lots.id FROM lots
         WHERE id IN (SELECT lot_id FROM order_lines WHERE suborder_id = ANY(:suborder_ids::uuid[]))
         ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        INSERT INTO stock_moves (lot_id, reason, reference, units, at)
        SELECT lot_id, 'returned', 'suborder:' || suborder_id, sum(units)::integer, :now
          FROM order_lines
         WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND lot_id IN (SELECT id FROM locked)
         GROUP BY suborder_id, lot_id
        RETURNING lot_id, units
    ), freed AS (
        UPDATE lots SET available_units = available_units + back.units, sold_units = sold_units - back.units
          FROM (SELECT lot_id, sum(units)::integer AS units FROM moved GROUP BY lot_id) AS back
         WHERE lots.id = back.lot_id
        RETURNING lots.id
    )
    SELECT count(*)::integer FROM freed
    """,
)
# The units of goods that a buyer refused at the door.
RETURN_REFUSED = Query(
    int,
    """
    WITH part AS (
        SELECT l.lot_id, sum(l.units / l.quantity * quantity_back)::integer AS units
          FROM unnest(:line_ids::uuid[], :quantities::integer[]) AS back (line_id, quantity_back)
          JOIN order_lines l ON l.id = line_id JOIN suborders s ON s.id = l.suborder_id AND s.order_id = :order_id
         WHERE quantity_back > 0 AND l.lot_id IS NOT NULL
         GROUP BY l.lot_id
    ), locked AS (
        SELECT lots.id FROM lots WHERE id IN (SELECT lot_id FROM part) ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        INSERT INTO stock_moves (lot_id, reason, reference, units, at)
        SELECT lot_id, 'returned', 'refused:' || :order_id::text, units, :now
          FROM part JOIN locked ON locked.id = lot_id
        RETURNING lot_id, units
    ), freed AS (
        UPDATE lots SET available_units = available_units + moved.units, sold_units = sold_units - moved.units
          FROM moved WHERE lots.id = moved.lot_id
        RETURNING lots.id
    )
    SELECT count(*)::integer FROM freed
    """,
)
# Reserves all of an order's lots or none; returns whether they were reserved.
RESTORE_RESERVATION = Query(
    bool,
    """
    WITH locked AS (
        SELECT id, available_units FROM lots
         WHERE id IN (SELECT lot_id FROM suborders JOIN order_lines ON suborder_id = suborders.id
                       WHERE order_id = :order_id)
         ORDER BY id FOR NO KEY UPDATE
    ), need AS (
        SELECT lot_id, sum(units)::integer AS units
          FROM suborders JOIN order_lines ON suborder_id = suborders.id
         WHERE order_id = :order_id AND lot_id IS NOT NULL
         GROUP BY lot_id
    ), enough AS (
        SELECT NOT EXISTS (
               SELECT FROM need JOIN locked ON locked.id = lot_id WHERE locked.available_units < units) AS enough
    ), taken AS (
        UPDATE lots SET available_units = lots.available_units - need.units,
                        reserved_units = reserved_units + need.units
          FROM need, enough
         WHERE lots.id = need.lot_id AND enough.enough
        RETURNING lots.id
    ), moved AS (
        INSERT INTO stock_moves (lot_id, reason, reference, units, at)
        SELECT lot_id, 'expired', 'order again:' || :order_id::text, -units, :now::timestamptz
          FROM need, enough
         WHERE enough.enough
    )
    SELECT enough FROM enough
    """,
)


async def sell_reserved(conn: Connection, order_id: UUID) -> None:
    """Mark the units reserved by a paid order as sold."""
    await SELL_RESERVED.run(conn, order_id=order_id)


async def free_stock(conn: Connection, order_ids: Sequence[UUID], *, reason: StockMoveReason, now: datetime) -> int:
    """Free the units reserved by unpaid orders; return how many lots changed.

    Raises:
        asyncpg.UniqueViolationError: the units were freed before: a bug of the caller.
    """
    return await FREE_STOCK.one(conn, order_ids=list(order_ids), reason=reason, now=now)


async def return_sold(conn: Connection, suborder_ids: Sequence[UUID], *, now: datetime) -> int:
    """Make the units of cancelled suborders available again; return how many lots changed.

    Raises:
        asyncpg.UniqueViolationError: the units were returned before: a bug of the caller.
    """
    return await RETURN_SOLD.one(conn, suborder_ids=list(suborder_ids), now=now)


async def return_refused(
    conn: Connection, order_id: UUID, line_ids: Sequence[UUID], quantities: Sequence[int], *, now: datetime
) -> int:
    """Make the units of goods that were refused at delivery available again; return how many lots changed.

    Raises:
        asyncpg.UniqueViolationError: the units were returned before: a bug of the caller.
    """
    return await RETURN_REFUSED.one(
        conn, order_id=order_id, line_ids=list(line_ids), quantities=list(quantities), now=now
    )


async def restore_reservation(conn: Connection, order_id: UUID, *, now: datetime) -> bool:
    """Reserve the units of an expired order that was paid late; return False if they are no longer available."""
    return await RESTORE_RESERVATION.one(conn, order_id=order_id, now=now)
