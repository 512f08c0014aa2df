"""The race of the demo: 200 buyers and 50 boxes, counted in the database."""

from uuid import uuid4

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from market.service.demo.race import NoRaceTarget, RaceResult, run_race
from tests.conftest import NOW
from tests.support.make import make_account, make_product


async def test_a_race_sells_the_boxes_and_refuses_the_other_buyers(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=999)
        for _ in range(150):
            await make_account(conn)
    answered: list[None] = []
    for _ in range(2):
        answered.clear()
        result = await run_race(
            database, seal, listing_id=product.listing_id, buyers=200, now=NOW, tick=lambda: answered.append(None)
        )
        assert result == RaceResult(sold=50, told=150, oversold=0, listing=product.listing_id)
        assert len(answered) == 200
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT (available_units, reserved_units)::text FROM lots") == "(0,100)"


async def test_without_goods_or_buyers_there_is_no_race(database: Database, seal: Seal) -> None:
    with pytest.raises(NoRaceTarget):
        await run_race(database, seal, now=NOW)
    async with database.transaction() as conn:
        await make_product(conn)
    with pytest.raises(NoRaceTarget):
        await run_race(database, seal, listing_id=uuid4(), now=NOW)
