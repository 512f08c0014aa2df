"""The bank transfer of an order counts once two people found it in the bank's statement, under one number."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection, Query
from market.kernel.structs import build_from
from market.orders.escrow import parse_order_ref
from payments import ExpectedTransfer, list_expected_transfers


class WaitingTransfer(ExpectedTransfer, frozen=True, kw_only=True):
    """A payment by bank transfer that has not arrived; `recorders` recorded one, and another person has to do so."""

    recorders: list[str]


class _Recorders(Struct, frozen=True):
    number: int
    names: list[str]


ADD_TRANSFER_RECORD = Query(
    UUID,
    """
    INSERT INTO transfer_records (order_id, reference, recorded_by, recorded_at)
    VALUES (:order_id, :reference, :account_id, :now)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)
# The operator at the command line is a person of no account.
IS_RECORDED_BY_ANOTHER = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM transfer_records
                    WHERE order_id = :order_id AND reference = :reference
                      AND CASE WHEN recorded_by IS NULL OR :account_id::uuid IS NULL
                               THEN recorded_by IS DISTINCT FROM :account_id::uuid
                               ELSE NOT is_same_person(recorded_by, :account_id::uuid) END)
    """,
)
LIST_RECORDERS = Query(
    _Recorders,
    """
    SELECT orders.number, array_agg(DISTINCT coalesce(accounts.name, 'operator')) AS names
      FROM orders
      JOIN transfer_records ON order_id = orders.id
      LEFT JOIN accounts ON accounts.id = recorded_by
     WHERE orders.number = ANY(:numbers::bigint[])
     GROUP BY orders.number
    """,
)


async def add_transfer_record(
    conn: Connection, actor: Actor | None, order_id: UUID, reference: str, *, now: datetime
) -> bool:
    """Store that the actor found a transfer under the bank's number; return whether this is new.

    `None` is the operator of the system at the command line.
    """
    account_id = None if actor is None else actor.account_id
    added = await ADD_TRANSFER_RECORD.maybe(
        conn, order_id=order_id, reference=reference, account_id=account_id, now=now
    )
    return added is not None


async def is_recorded_by_another(conn: Connection, actor: Actor | None, order_id: UUID, reference: str) -> bool:
    """Return whether another person recorded a transfer under the bank's number; the caller has locked the order."""
    account_id = None if actor is None else actor.account_id
    return await IS_RECORDED_BY_ANOTHER.one(conn, order_id=order_id, reference=reference, account_id=account_id)


async def list_waiting_transfers(conn: Connection) -> list[WaitingTransfer]:
    """Return the payments that wait for a bank transfer, oldest first, with who recorded one; at most 1,000."""
    expected = await list_expected_transfers(conn)
    numbers = [parse_order_ref(each.order_ref) for each in expected]
    found = {each.number: each.names for each in await LIST_RECORDERS.all(conn, numbers=numbers)}
    return [
        build_from(WaitingTransfer, each, recorders=found.get(number, []))
        for each, number in zip(expected, numbers, strict=True)
    ]
