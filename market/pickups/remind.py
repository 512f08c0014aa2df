"""Remind buyers of parcels whose last day at the pickup point is tomorrow."""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.seal import Seal
from market.orders.notifications import format_month_day, notify_account
from market.pickups.view import get_last_day

_CHUNK = 100


class _EndingPickup(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    order_number: int
    buyer_id: UUID
    point: str
    phone: str
    arrived_at: datetime


# Marked in the statement that claims them, so that two workers remind nobody twice.
CLAIM_ENDING_PICKUPS = Query(
    _EndingPickup,
    """
    WITH claimed AS (
        UPDATE pickups SET reminded_at = :now
         WHERE suborder_id IN (
               SELECT suborder_id FROM pickups JOIN suborders ON suborders.id = suborder_id
                WHERE pickups.state = 'arrived' AND suborders.state = 'shipped' AND reminded_at IS NULL
                  AND arrived_at >= :first::timestamptz AND arrived_at < :before::timestamptz
                ORDER BY arrived_at LIMIT :limit
                  FOR UPDATE OF pickups SKIP LOCKED)
        RETURNING suborder_id, point_id, arrived_at)
    SELECT suborder_id, orders.number AS order_number, buyer_id, p.name AS point, p.phone, claimed.arrived_at
      FROM claimed
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN pickup_points p ON p.id = point_id
    """,
)


async def remind_of_pickups(db: Database, seal: Seal, *, days: int, now: datetime) -> int:
    """Remind once of each parcel whose last day at its point is today or tomorrow; return how many.

    `days` after its arrival is the last day. One transaction for each hundred.
    """
    today = get_business_day(now)
    total, claimed = 0, _CHUNK
    while claimed == _CHUNK:
        async with db.transaction() as conn:
            claimed = await _remind(conn, seal, today, days=days, now=now)
        total += claimed
    return total


async def _remind(conn: Connection, seal: Seal, today: date, *, days: int, now: datetime) -> int:
    ending = await CLAIM_ENDING_PICKUPS.all(
        conn,
        first=get_day_start(today - timedelta(days=days)),
        before=get_day_start(today - timedelta(days=days - 2)),
        limit=_CHUNK,
        now=now,
    )
    for each in ending:
        last = get_last_day(each.arrived_at, days)
        facts = {
            "order": str(each.order_number),
            "point": each.point,
            "phone": each.phone,
            "day": format_month_day(last),
        }
        await notify_account(conn, seal, each.buyer_id, "pickup_ending", facts, now=now)
    return len(ending)
