"""Remind buyers of parcels whose last day at the pickup point is tomorrow."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.seal import Seal
from market.people.notify.notifications import format_month_day, notify_account
from market.sales.pickups.view import get_last_day
from payments.retries import run_each

log = structlog.get_logger()

_CHUNK = 100


class _EndingPickup(Struct, frozen=True, kw_only=True):
    order_number: int
    buyer_id: UUID
    point: str
    phone: str
    arrived_at: datetime


LIST_ENDING_PICKUPS = Query(
    UUID,
    """
    SELECT suborder_id FROM pickups JOIN suborders ON suborders.id = suborder_id
     WHERE pickups.state = 'arrived' AND suborders.state = 'shipped' AND reminded_at IS NULL
       AND arrived_at >= :first::timestamptz AND arrived_at < :before::timestamptz
       AND suborder_id > :after
     ORDER BY suborder_id LIMIT :limit
    """,
)
# Marked in the statement that claims it, so that two workers remind nobody twice.
CLAIM_ENDING_PICKUP = Query(
    _EndingPickup,
    """
    WITH claimed AS (
        UPDATE pickups SET reminded_at = :now
          FROM suborders
         WHERE suborders.id = suborder_id AND suborder_id = :suborder_id
           AND pickups.state = 'arrived' AND suborders.state = 'shipped' AND reminded_at IS NULL
        RETURNING suborder_id, order_id, point_id, arrived_at)
    SELECT orders.number AS order_number, buyer_id, p.name AS point, p.phone, claimed.arrived_at
      FROM claimed
      JOIN orders ON orders.id = order_id
      JOIN pickup_points p ON p.id = point_id
    """,
)


async def remind_of_pickups(db: Database, seal: Seal, *, days: int, now: datetime) -> int:
    """Remind once of each parcel whose last day at its point is today or tomorrow; return how many.

    `days` after its arrival is the last day. One transaction each, so that one that fails delays no other.
    """
    today = get_business_day(now)
    window = {
        "first": get_day_start(today - timedelta(days=days)),
        "before": get_day_start(today - timedelta(days=days - 2)),
    }
    total, ending = 0, [UUID(int=0)]

    async def remind(suborder_id: UUID) -> None:
        nonlocal total
        async with db.transaction() as conn:
            total += await _remind(conn, seal, suborder_id, days=days, now=now)

    async def fail(suborder_id: UUID, error: Exception) -> None:
        log.error("buyer_not_reminded", pickup=str(suborder_id), exc_info=error)

    while ending:
        async with db.connection() as conn:
            ending = await LIST_ENDING_PICKUPS.all(conn, **window, after=ending[-1], limit=_CHUNK)
        await run_each(ending, remind, fail)
    return total


async def _remind(conn: Connection, seal: Seal, suborder_id: UUID, *, days: int, now: datetime) -> bool:
    """Remind of a parcel; return False if another worker has, or it was collected meanwhile."""
    claimed = await CLAIM_ENDING_PICKUP.maybe(conn, suborder_id=suborder_id, now=now)
    if claimed is None:
        return False
    facts = {
        "order": str(claimed.order_number),
        "point": claimed.point,
        "phone": claimed.phone,
        "day": format_month_day(get_last_day(claimed.arrived_at, days)),
    }
    await notify_account(conn, seal, claimed.buyer_id, "pickup_ending", facts, now=now)
    return True
