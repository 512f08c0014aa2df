"""What orders do to lots: held units are sold once, or go back once; sold ones may come back.

Every function locks the lots in id order. Whether an order may move is its state's word; the key of stock_moves makes
sure that what it held goes back once.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query
from market.stock.models import Reason

SELL_HELD = Query(
    None,
    """
    WITH held AS (
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
    UPDATE lots SET waiting_units = waiting_units - need.units, sold_units = sold_units + need.units
      FROM held JOIN need ON need.lot_id = held.id
     WHERE lots.id = held.id
    """,
)
RELEASE_HELD = Query(
    int,
    """
    WITH held AS (
        SELECT lots.id FROM lots
         WHERE id IN (SELECT lot_id FROM suborders JOIN order_lines ON suborder_id = suborders.id
                       WHERE order_id = ANY(:order_ids::uuid[]))
         ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        INSERT INTO stock_moves (lot_id, reason, reference, units, at)
        SELECT lot_id, :reason, 'order:' || order_id, sum(units)::integer, :now
          FROM suborders JOIN order_lines ON suborder_id = suborders.id
         WHERE order_id = ANY(:order_ids::uuid[]) AND lot_id IN (SELECT id FROM held)
         GROUP BY order_id, lot_id
        RETURNING lot_id, units
    ), freed AS (
        UPDATE lots SET left_units = left_units + back.units, waiting_units = waiting_units - back.units
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
    WITH held AS (
        SELECT lots.id FROM lots
         WHERE id IN (SELECT lot_id FROM order_lines WHERE suborder_id = ANY(:suborder_ids::uuid[]))
         ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        INSERT INTO stock_moves (lot_id, reason, reference, units, at)
        SELECT lot_id, 'returned', 'suborder:' || suborder_id, sum(units)::integer, :now
          FROM order_lines
         WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND lot_id IN (SELECT id FROM held)
         GROUP BY suborder_id, lot_id
        RETURNING lot_id, units
    ), freed AS (
        UPDATE lots SET left_units = left_units + back.units, sold_units = sold_units - back.units
          FROM (SELECT lot_id, sum(units)::integer AS units FROM moved GROUP BY lot_id) AS back
         WHERE lots.id = back.lot_id
        RETURNING lots.id
    )
    SELECT count(*)::integer FROM freed
    """,
)
# All of an order's lots or none: the count says which.
TAKE_AGAIN = Query(
    bool,
    """
    WITH held AS (
        SELECT id, left_units FROM lots
         WHERE id IN (SELECT lot_id FROM suborders JOIN order_lines ON suborder_id = suborders.id
                       WHERE order_id = :order_id)
         ORDER BY id FOR NO KEY UPDATE
    ), need AS (
        SELECT lot_id, sum(units)::integer AS units
          FROM suborders JOIN order_lines ON suborder_id = suborders.id
         WHERE order_id = :order_id AND lot_id IS NOT NULL
         GROUP BY lot_id
    ), enough AS (
        SELECT NOT EXISTS (SELECT FROM need JOIN held ON held.id = lot_id WHERE held.left_units < units) AS enough
    ), taken AS (
        UPDATE lots SET left_units = lots.left_units - need.units, waiting_units = waiting_units + need.units
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


async def sell_held(conn: Connection, order_id: UUID) -> None:
    """Turn what a paid order holds into sold units."""
    await SELL_HELD.run(conn, order_id=order_id)


async def release_held(conn: Connection, order_ids: Sequence[UUID], *, reason: Reason, now: datetime) -> int:
    """Give back what unpaid orders hold; return how many lots it went to.

    Raises:
        asyncpg.UniqueViolationError: it went back before, which the orders' states should have shown: our bug.
    """
    return await RELEASE_HELD.one(conn, order_ids=list(order_ids), reason=reason, now=now)


async def return_sold(conn: Connection, suborder_ids: Sequence[UUID], *, now: datetime) -> int:
    """Put what paid and then cancelled suborders had taken back on sale; return how many lots it went to.

    Raises:
        asyncpg.UniqueViolationError: it came back before: our bug.
    """
    return await RETURN_SOLD.one(conn, suborder_ids=list(suborder_ids), now=now)


async def take_again(conn: Connection, order_id: UUID, *, now: datetime) -> bool:
    """Hold an expired order's goods once more, because its money came after all; False where they are gone."""
    return await TAKE_AGAIN.one(conn, order_id=order_id, now=now)
