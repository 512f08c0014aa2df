"""The rush of the demo: 200 buyers at 50 boxes, counted from the database."""

from uuid import uuid4

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from market.orders.rush import NothingToRush, Rush, rush
from tests.conftest import NOW
from tests.factories import a_product, an_account


async def test_a_rush_sells_what_there_is_and_tells_the_rest(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=999)
        for _ in range(150):
            await an_account(conn)
    answered: list[None] = []
    for _ in range(2):
        answered.clear()
        result = await rush(
            database, seal, listing_id=product.listing_id, buyers=200, now=NOW, tick=lambda: answered.append(None)
        )
        assert result == Rush(sold=50, told=150, oversold=0, listing=product.listing_id)
        assert len(answered) == 200
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT (left_units, waiting_units)::text FROM lots") == "(0,100)"


async def test_without_goods_or_people_there_is_no_rush(database: Database, seal: Seal) -> None:
    with pytest.raises(NothingToRush):
        await rush(database, seal, now=NOW)
    async with database.transaction() as conn:
        await a_product(conn)
    with pytest.raises(NothingToRush):
        await rush(database, seal, listing_id=uuid4(), now=NOW)
