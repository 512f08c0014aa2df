"""Orders that are paid in two parts (ADR 31): a deposit when they are placed, and a balance in its window."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query, apply_rate
from market.sales.orders.checkout.pricing import DraftSuborder, get_order_price


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

    Only an order of one suborder has a deposit: with anything else in the order, one part of it would wait for the
    other's money. A pre-sale is paid at once from the day on which its balance is due, a stay from the last one.
    A deposit is of the goods, which may cost less than it, by a coupon or a lower price: freight is in the balance.
    """
    if len(suborders) != 1:
        return None
    price = get_order_price(suborders)
    total = price.total_fen
    terms = _find_terms(suborders[0], total, day=day)
    if terms is None:
        return None
    deposit_fen = min(terms.deposit_fen, price.goods_fen)
    if not 0 < deposit_fen < total:
        return None
    return DepositPlan(
        deposit_fen=deposit_fen, balance_fen=Fen(total - deposit_fen), balance_from=terms.balance_from,
        balance_until=terms.balance_until,
    )  # fmt: skip


class _Terms(Struct, frozen=True, kw_only=True):
    deposit_fen: Fen
    balance_from: date
    balance_until: date


def _find_terms(suborder: DraftSuborder, total: Fen, *, day: date) -> _Terms | None:
    """Return the deposit of a pre-sale, or of a stay, which is rounded down in favour of the guest."""
    presale, stay = suborder.presale, suborder.lines[0].stay
    if presale is not None and day < presale.balance_from:
        deposit = presale.deposit_fen * sum(line.quantity for line in suborder.lines)
        return _Terms(deposit_fen=Fen(deposit), balance_from=presale.balance_from, balance_until=presale.balance_until)
    if stay is None or stay.deposit is None:
        return None
    until = stay.nights[0][0] - timedelta(days=stay.deposit.days_before)
    if until <= day:
        return None
    deposit_fen = Fen(apply_rate(total, stay.deposit.share_bp))
    return _Terms(deposit_fen=deposit_fen, balance_from=day, balance_until=until)


async def find_deposit(conn: Connection, order_id: UUID) -> Deposit | None:
    """Return how an order is paid in two parts, or None."""
    return await FIND_DEPOSIT.maybe(conn, order_id=order_id)


async def record_deposit(conn: Connection, order_id: UUID, *, now: datetime) -> None:
    """Record that the deposit of a locked order was paid."""
    await MARK_DEPOSITED.run(conn, order_id=order_id, now=now)
