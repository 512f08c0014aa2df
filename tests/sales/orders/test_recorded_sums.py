"""The service writes no sums of an order that do not add up, and adds nothing to one that was placed."""

import asyncpg
import pytest

from market.sales.orders.escrow import RECORD_RELEASE
from market.sales.orders.money.refund import RECORD_REFUND
from tests.conftest import NOW
from tests.sales.orders.test_payment_problems import Sale, sale

__all__ = ["sale"]


async def release(sale: Sale, payable_fen: int, commission_fen: int) -> None:
    """Record a release of the sale's suborder."""
    async with sale.shopping.db.transaction() as conn:
        suborder_id = await conn.fetchval("SELECT id FROM suborders")
        await RECORD_RELEASE.run(
            conn, suborder_id=suborder_id, payable_fen=payable_fen, commission_fen=commission_fen, now=NOW
        )


async def refund(sale: Sale, amounts: list[int], *, buyer: int, payable: int, commission: int) -> None:
    """Record a refund of the lines of the sale's suborder; a second amount is for a line of no order."""
    async with sale.shopping.db.transaction() as conn:
        line = await conn.fetchrow("SELECT id, suborder_id FROM order_lines")
        assert line is not None
        await RECORD_REFUND.run(
            conn, suborder_id=line["suborder_id"], line_ids=[line["id"], sale.product.lot_id][: len(amounts)],
            amounts=amounts, buyer_fen=buyer, payable_fen=payable, commission_fen=commission, key="k",
            reason="agreed", requested_by=sale.shopping.buyer.account_id, note="", now=NOW,
        )  # fmt: skip


async def read_sums(sale: Sale) -> tuple[int, ...]:
    """Return what is recorded of the suborder: refunded, payable, commission, and the refunds of its line."""
    async with sale.shopping.db.transaction() as conn:
        row = await conn.fetchrow(
            "SELECT s.refunded_fen, payable_fen, commission_fen, l.refunded_fen, (SELECT count(*) FROM line_refunds)"
            "  FROM suborders s JOIN order_lines l ON suborder_id = s.id"
        )
        assert row is not None
        return tuple(row)


async def test_no_more_is_released_than_the_goods_left(sale: Sale) -> None:
    await sale.ship()
    with pytest.raises(asyncpg.PostgresError, match="more is released"):
        await release(sale, 45_00, 1)
    assert (await read_sums(sale))[1:3] == (None, None)


async def test_a_release_is_recorded_once(sale: Sale) -> None:
    await sale.ship()
    await sale.receive()
    before = await read_sums(sale)
    await release(sale, 1, 0)
    assert await read_sums(sale) == before


@pytest.mark.parametrize(
    ("amounts", "buyer", "payable", "commission"),
    [
        ([5_00], 5_00, 5_00, 0),
        ([5_00], -5_00, 0, 0),
        ([5_00], 5_00, 5_00, -5_00),
        ([5_00, 1_00], 5_00, 0, 0),
        ([-5_00], 0, 0, 0),
    ],
)
async def test_before_release_only_lines_of_the_suborder_are_refunded(
    sale: Sale, amounts: list[int], buyer: int, payable: int, commission: int
) -> None:
    await sale.ship()
    before = await read_sums(sale)
    with pytest.raises(asyncpg.PostgresError, match="does not add up"):
        await refund(sale, amounts, buyer=buyer, payable=payable, commission=commission)
    assert await read_sums(sale) == before


async def test_after_release_a_refund_is_charged_to_payable_and_commission_exactly(sale: Sale) -> None:
    await sale.ship()
    await sale.receive()
    refunded, payable, commission, *_ = await read_sums(sale)
    for wrong in ((0, 0), (4_90, 9), (5_10, -10)):
        with pytest.raises(asyncpg.PostgresError, match="does not add up"):
            await refund(sale, [5_00], buyer=5_00, payable=wrong[0], commission=wrong[1])
    await refund(sale, [5_00], buyer=5_00, payable=4_90, commission=10)
    assert await read_sums(sale) == (refunded + 5_00, payable - 4_90, commission - 10, 5_00, 1)


ADD_SUBORDER = """
    INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)
    SELECT uuidv7(), order_id, 9, producer_id, 'goods', 1, 0, 200 FROM suborders
"""
ADD_LINE = """
    INSERT INTO order_lines (suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen,
                             amount_fen, lot_id, units)
    SELECT suborder_id, 9, listing_id, variant_id, title, unit, 1, 1, 1, lot_id, 1 FROM order_lines
"""


@pytest.mark.parametrize("statement", [ADD_SUBORDER, ADD_LINE])
@pytest.mark.parametrize("before", ["SELECT", "UPDATE orders SET key = key"])
async def test_nothing_is_added_to_a_placed_order(sale: Sale, statement: str, before: str) -> None:
    async with sale.shopping.db.connection() as conn:
        with pytest.raises(asyncpg.PostgresError, match="was placed before"):
            await conn.execute(f"{before}; {statement}")  # one transaction


async def test_the_service_does_not_say_when_an_order_was_placed(sale: Sale) -> None:
    async with sale.shopping.db.connection() as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("INSERT INTO orders (id, placed_in) VALUES (uuidv7(), '9')")
