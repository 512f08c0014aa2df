"""Vouchers used for orders: freed when an order ends unpaid, used again if its payment arrives late."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query

FREE_VOUCHERS = Query(
    None,
    "UPDATE redemptions SET freed_at = :now WHERE order_id = ANY(:order_ids::uuid[]) AND freed_at IS NULL",
)
# Another order may use the voucher by now; the unique index decides if that happens at this moment.
RESTORE_VOUCHER = Query(
    bool,
    """
    WITH restored AS (
        UPDATE redemptions AS own SET freed_at = NULL
         WHERE order_id = :order_id AND freed_at IS NOT NULL
           AND NOT EXISTS (SELECT FROM redemptions AS other
                            WHERE other.voucher_id = own.voucher_id AND other.freed_at IS NULL)
        RETURNING order_id)
    SELECT NOT EXISTS (SELECT FROM redemptions WHERE order_id = :order_id) OR EXISTS (SELECT FROM restored)
    """,
)


async def free_vouchers(conn: Connection, order_ids: Sequence[UUID], *, now: datetime) -> None:
    """Free the vouchers of locked orders that ended unpaid; they can be used again."""
    await FREE_VOUCHERS.run(conn, order_ids=list(order_ids), now=now)


async def restore_voucher(conn: Connection, order_id: UUID) -> bool:
    """Use the voucher of an expired order again; return False if another order uses it. True without a voucher."""
    return await RESTORE_VOUCHER.one(conn, order_id=order_id)
