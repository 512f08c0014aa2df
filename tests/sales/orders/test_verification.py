"""Orders against the ledger: what somebody changed by hand is found."""

import asyncpg
import pytest

from market.kernel import Connection, open_database
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from payments import post, verify_ledger
from payments.ledger.verification import add_checkpoints, find_checkpoint
from tests.conftest import NOW
from tests.sales.orders.test_payment_problems import Sale, sale
from tests.support.make import make_product

__all__ = ["sale"]


async def find_codes(sale: Sale) -> list[str]:
    """Return the codes of what both verifications find."""
    async with sale.shopping.db.transaction() as conn:
        found = [*await verify_ledger(conn, prefixes=ORDER_PREFIXES), *await verify_orders(conn)]
    return sorted(each.code for each in found)


@pytest.mark.parametrize("ends", ["paid", "received", "refunded", "released, then refunded", "disputed", "won", "lost"])
async def test_an_order_agrees_with_the_ledger_wherever_it_ends(sale: Sale, ends: str) -> None:
    if ends != "paid":
        await sale.ship()
    if ends == "refunded":
        await sale.refund(5_00)
    if ends in {"received", "released, then refunded"}:
        await sale.receive()
    if ends == "released, then refunded":
        await sale.refund(5_00)
    if ends in {"disputed", "won", "lost"}:
        dispute = await sale.dispute(10_00)
        await sale.receive()
        if ends != "disputed":
            await sale.judge(dispute, ends)
    assert await find_codes(sale) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE orders SET state = 'placed', paid_at = NULL", ["paid_order_open"]),
        ("UPDATE payments.payments SET captured_minor = 0, state = 'canceled'", [
            "order_not_paid", "unknown_fact", "wrong_payment"]),
        ("UPDATE suborders SET payable_fen = payable_fen + 100", ["wrong_payable"]),
        ("UPDATE suborders SET commission_fen = commission_fen - 1", ["wrong_commission"]),
        ("UPDATE suborders SET refunded_fen = 100", ["wrong_order_refunds"]),
        ("UPDATE suborders SET goods_fen = goods_fen + 100", ["wrong_parts"]),
        ("UPDATE suborders SET state = 'shipped', released_at = NULL, payable_fen = NULL, commission_fen = NULL", [
            "unknown_fact", "wrong_commission", "wrong_escrow", "wrong_payable"]),
    ],
)  # fmt: skip
async def test_a_changed_row_is_found(sale: Sale, owner: Connection, change: str, code: list[str]) -> None:
    await sale.ship()
    await sale.receive()
    assert await find_codes(sale) == []
    await owner.execute("ALTER TABLE payments.payments DISABLE TRIGGER payments_sums")
    await owner.execute(change)
    await owner.execute("ALTER TABLE payments.payments ENABLE TRIGGER payments_sums")
    assert await find_codes(sale) == code


async def test_a_changed_refund_is_found(sale: Sale, owner: Connection) -> None:
    await sale.refund(5_00)
    assert await find_codes(sale) == []
    await owner.execute("UPDATE payments.refunds SET amount_minor = 400")
    assert await find_codes(sale) == ["unknown_fact", "unknown_fact", "wrong_refunds"]


async def test_a_posting_without_a_fact_is_found(sale: Sale) -> None:
    async with sale.shopping.db.transaction() as conn:
        legs = [("clearing:bank", -999_999_00), ("payable:1", 999_999_00)]
        await post(conn, key="released:1", kind="released", order="77", legs=legs, at=NOW)
        await post(conn, key="gift", kind="gift", legs=legs, at=NOW)
    assert await find_codes(sale) == ["unknown_fact", "unknown_fact", "wrong_payee", "wrong_payee"]


async def test_money_that_was_posted_to_another_seller_is_found(sale: Sale, owner: Connection) -> None:
    w = sale.shopping
    await sale.ship()
    await sale.receive()
    async with w.db.transaction() as conn:
        other = await make_product(conn)
        numbers = [
            await conn.fetchval("SELECT number FROM producers WHERE id = $1", each.producer_id)
            for each in (sale.product, other)
        ]
    assert await find_codes(sale) == []
    for kind in ("payable", "freight"):
        await owner.execute(
            "UPDATE payments.accounts SET code = $2 WHERE code = $1", *(f"{kind}:{number}" for number in numbers)
        )
    assert await find_codes(sale) == ["wrong_payee", "wrong_payee"]


async def test_after_a_checkpoint_only_what_is_open_or_newer_is_read(sale: Sale, owner: Connection, dsn: str) -> None:
    w = sale.shopping
    await sale.ship()
    await sale.receive()
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE payments.transactions SET posted_at = now() - interval '2 hours'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await add_checkpoints(w.db)
    owners = await open_database(dsn, max_size=1)
    assert await add_checkpoints(owners) == 1
    assert await add_checkpoints(owners) == 0
    await owners.close()
    order = await w.place([(sale.product.variant_id, 1)])
    await w.pay(order)
    await owner.execute("UPDATE suborders SET payable_fen = payable_fen + 100 WHERE payable_fen IS NOT NULL")
    await owner.execute("UPDATE suborders SET refunded_fen = 100 WHERE payable_fen IS NULL")
    async with w.db.transaction() as conn:
        since = await find_checkpoint(conn)
        newer = [(each.code, each.subject) for each in await verify_orders(conn, since=since)]
        everything = [(each.code, each.subject) for each in await verify_orders(conn)]
    assert newer == [("wrong_order_refunds", str(order.number))]
    assert everything == [("wrong_payable", str(sale.order.number)), *newer]
