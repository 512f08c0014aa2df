"""A bank transfer of an order, or back to its buyer, counts once two people found it in the bank's statement.

Both record it under one number. `None` as a person is the operator of the system at the command line.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.orders.escrow import get_order_ref, parse_order_ref
from payments import ExpectedTransfer, FailedRefund, list_expected_transfers, list_failed_refunds


class WaitingTransfer(ExpectedTransfer, frozen=True, kw_only=True):
    """A payment by bank transfer that has not arrived; `recorders` recorded one, and another person has to do so."""

    recorders: list[str]


class WaitingRefund(FailedRefund, frozen=True, kw_only=True):
    """A refund that did not arrive; `recorders` recorded a transfer of it, and another person has to do so."""

    recorders: list[str]


class _Recorders(Struct, frozen=True):
    number: int
    refund_id: UUID | None
    names: list[str]


# A trigger adds the audit entry.
ADD_TRANSFER_RECORD = Query(
    None,
    """
    INSERT INTO transfer_records (order_id, refund_id, reference, recorded_by, recorded_at)
    VALUES (:order_id, :refund_id, :reference, :account_id, :now)
    ON CONFLICT DO NOTHING
    """,
)
IS_FOUND_BY_TWO = Query(bool, "SELECT is_found_by_two(:order_id::uuid, :refund_id::uuid, :reference::text)")
LIST_RECORDERS = Query(
    _Recorders,
    """
    SELECT orders.number, refund_id, array_agg(DISTINCT coalesce(accounts.name, 'operator')) AS names
      FROM orders
      JOIN transfer_records ON order_id = orders.id
      LEFT JOIN accounts ON accounts.id = recorded_by
     WHERE orders.number = ANY(:numbers::bigint[])
     GROUP BY orders.number, refund_id
    """,
)


async def add_transfer_record(
    conn: Connection, actor: Actor | None, order_id: UUID, reference: str, *, refund_id: UUID | None = None,
    now: datetime,
) -> None:  # fmt: skip
    """Store, with its audit entry, that the actor found a transfer under the bank's number, or one of a refund."""
    account_id = None if actor is None else actor.account_id
    await ADD_TRANSFER_RECORD.run(
        conn, order_id=order_id, refund_id=refund_id, reference=reference, account_id=account_id, now=now
    )


async def is_found_by_two(conn: Connection, order_id: UUID, reference: str, *, refund_id: UUID | None = None) -> bool:
    """Return whether two people recorded a transfer under the bank's number; the caller has locked the order."""
    return await IS_FOUND_BY_TWO.one(conn, order_id=order_id, refund_id=refund_id, reference=reference)


async def list_waiting_transfers(conn: Connection) -> list[WaitingTransfer]:
    """Return the payments that wait for a bank transfer, oldest first, with who recorded one; at most 1,000."""
    expected = await list_expected_transfers(conn)
    found = await _load_recorders(conn, [each.order_ref for each in expected])
    return [build_from(WaitingTransfer, each, recorders=found.get((each.order_ref, None), [])) for each in expected]


async def list_waiting_refunds(conn: Connection) -> list[WaitingRefund]:
    """Return the refunds that a person may have to help, oldest first, with who recorded a transfer; at most 1,000."""
    failed = await list_failed_refunds(conn)
    found = await _load_recorders(conn, [each.order_ref for each in failed])
    return [build_from(WaitingRefund, each, recorders=found.get((each.order_ref, each.id), [])) for each in failed]


async def _load_recorders(conn: Connection, order_refs: list[str]) -> dict[tuple[str, UUID | None], list[str]]:
    rows = await LIST_RECORDERS.all(conn, numbers=[parse_order_ref(each) for each in order_refs])
    return {(get_order_ref(each.number), each.refund_id): each.names for each in rows}
