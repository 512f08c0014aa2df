"""Orders that are paid in two parts (ADR 31): a deposit when they are placed, and a balance in its window."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.orders.pricing import DraftSuborder, get_order_price


class DepositPlan(Struct, frozen=True, kw_only=True):
    """How an order is paid: the deposit at once, the balance from one day to another."""

    deposit_fen: Fen
    balance_fen: Fen
    balance_from: date
    balance_until: date


class Deposit(DepositPlan, frozen=True, kw_only=True):
    """The plan of an order that was placed; `deposited_at` is when its deposit was paid."""

    deposited_at: datetime | None


FIND_DEPOSIT = Query(
    Deposit,
    """
    SELECT deposit_fen, balance_fen, balance_from, balance_until, deposited_at
      FROM deposits WHERE order_id = :order_id
    """,
)
MARK_DEPOSITED = Query(None, "UPDATE deposits SET deposited_at = :now WHERE order_id = :order_id")


def plan_deposit(suborders: Sequence[DraftSuborder], *, day: date) -> DepositPlan | None:
    """Return how an order is paid in two parts, or None if all of it is paid at once.

    Only an order of one suborder, before the day from which its balance is due, has a deposit: with anything else in
    the order, one part of it would wait for the other's money.
    """
    if len(suborders) != 1:
        return None
    presale = suborders[0].presale
    if presale is None or day >= presale.balance_from:
        return None
    deposit = presale.deposit_fen * sum(line.quantity for line in suborders[0].lines)
    balance = get_order_price(suborders).total_fen - deposit
    if balance <= 0:
        return None
    return DepositPlan(
        deposit_fen=Fen(deposit), balance_fen=Fen(balance), balance_from=presale.balance_from,
        balance_until=presale.balance_until,
    )  # fmt: skip


async def find_deposit(conn: Connection, order_id: UUID) -> Deposit | None:
    """Return how an order is paid in two parts, or None."""
    return await FIND_DEPOSIT.maybe(conn, order_id=order_id)


async def record_deposit(conn: Connection, order_id: UUID, *, now: datetime) -> None:
    """Record that the deposit of a locked order was paid."""
    await MARK_DEPOSITED.run(conn, order_id=order_id, now=now)
