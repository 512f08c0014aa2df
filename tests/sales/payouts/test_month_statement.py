"""A seller's statement of a month, from the ledger."""

from datetime import date

import pytest

from market.kernel import Connection
from market.sales.payouts.month_statement import get_month_statement
from tests.sales.orders.test_payment_problems import Sale, sale
from tests.support.archive import archive_ledger
from tests.support.make import load_owner
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["gateway", "provider", "sale", "sandbox", "shopping"]


async def test_what_is_owed_at_the_first_of_a_month_includes_what_is_in_the_archive(
    sale: Sale, owner: Connection
) -> None:
    await sale.ship()
    await sale.receive()
    producer = sale.product.producer_id
    for month, opening, entries in ((date(2019, 9, 1), 0, 1), (date(2019, 10, 1), 47_20, 0)):
        async with sale.shopping.db.connection() as conn:
            seller = await load_owner(conn, producer)
            found = await get_month_statement(conn, seller, producer, month)
        assert (found.opening_fen, len(found.entries), found.closing_fen) == (opening, entries, 47_20)
    await archive_ledger(owner)
    async with sale.shopping.db.connection() as conn:
        found = await get_month_statement(conn, seller, producer, date(2024, 10, 1))
    assert (found.opening_fen, found.entries, found.closing_fen) == (47_20, [], 47_20)


async def test_a_statement_says_that_a_month_has_more_than_it_lists(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sale.ship()
    await sale.receive()
    await sale.refund(5_00)
    for limit, entries in ((2, 2), (1, 1)):
        monkeypatch.setattr("market.sales.payouts.month_statement.MAX_MONTH_ROWS", limit)
        async with sale.shopping.db.connection() as conn:
            seller = await load_owner(conn, sale.product.producer_id)
            found = await get_month_statement(conn, seller, sale.product.producer_id, date(2019, 9, 1))
        assert (len(found.entries), found.more, found.closing_fen) == (entries, entries < 2, 42_30)
