"""Lots: opened and counted by deltas, once a reference, never below what can be sold."""

import asyncpg
import pytest

from market.identity import NotFound
from market.kernel import Connection
from market.stock import LessThanNothing, NothingToCount, count_units, lots_of, open_lot, set_left
from tests.conftest import NOW
from tests.factories import a_producer, an_account, owner_of, the_actor


async def test_a_lot_opens_with_its_first_count(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    await open_lot(conn, producer_id=producer_id, label="小米", unit="袋", units=0, now=NOW)
    lots = await lots_of(conn, producer_id)
    assert [(lot.label, lot.left_units, lot.waiting_units, lot.sold_units) for lot in lots] == [
        ("小米", 0, 0, 0),
        ("大枣", 10, 0, 0),
    ]
    with pytest.raises(NothingToCount):
        await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=-1, now=NOW)


async def test_a_count_that_is_sent_twice_counts_once(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    owner = await owner_of(conn, producer_id)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    for reference, change, left in (("a", 5, 15), ("a", 5, 15), ("b", -3, 12), ("a", 5, 12), ("b", -3, 12)):
        lot = await count_units(conn, owner, lot_id, change=change, reference=reference, now=NOW)
        assert lot.left_units == left
    moves = await conn.fetch(
        "SELECT reference, units FROM stock_moves WHERE lot_id = $1 ORDER BY at, reference", lot_id
    )
    assert sorted(tuple(row) for row in moves) == [("a", 5), ("b", -3), ("opened", 10)]


async def test_what_is_in_orders_cannot_be_counted_away(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    owner = await owner_of(conn, producer_id)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    await conn.execute("UPDATE lots SET left_units = 4, waiting_units = 6 WHERE id = $1", lot_id)
    with pytest.raises(LessThanNothing) as refused:
        async with conn.transaction():
            await count_units(conn, owner, lot_id, change=-5, reference="a", now=NOW)
    assert refused.value.facts == {"left": 4, "unit": "箱", "taken": 5}
    lot = await count_units(conn, owner, lot_id, change=-4, reference="a", now=NOW)
    assert (lot.left_units, lot.waiting_units) == (0, 6)


@pytest.mark.parametrize("change", [0, 10**9 + 1, -(10**9) - 1])
async def test_a_count_is_bounded(conn: Connection, change: int) -> None:
    producer_id = await a_producer(conn)
    owner = await owner_of(conn, producer_id)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    with pytest.raises(NothingToCount):
        await count_units(conn, owner, lot_id, change=change, reference="a", now=NOW)
    with pytest.raises(NothingToCount):
        async with conn.transaction():
            await count_units(conn, owner, lot_id, change=10**9, reference="b", now=NOW)
    assert (await lots_of(conn, producer_id))[0].left_units == 10


async def test_only_the_producers_people_count(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    other = await owner_of(conn, await a_producer(conn, name="样例别家"))
    stranger = await the_actor(conn, await an_account(conn))
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    for actor in (other, stranger):
        with pytest.raises(NotFound):
            await count_units(conn, actor, lot_id, change=1, reference="a", now=NOW)
    assert (await lots_of(conn, producer_id))[0].left_units == 10


async def test_setting_what_is_left_is_a_delta_too(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    for reference, units in (("a", 50), ("b", 50), ("c", 0)):
        await set_left(conn, lot_id, units=units, reference=reference, now=NOW)
        assert (await lots_of(conn, producer_id))[0].left_units == units
    moved = await conn.fetchval("SELECT sum(units) FROM stock_moves WHERE lot_id = $1", lot_id)
    assert moved == 0


async def test_the_schema_itself_refuses_less_than_nothing(owner: Connection) -> None:
    producer_id = await a_producer(owner)
    lot_id = await open_lot(owner, producer_id=producer_id, label="大枣", unit="箱", units=1, now=NOW)
    for column in ("left_units", "waiting_units", "sold_units"):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(f"UPDATE lots SET {column} = -1 WHERE id = $1", lot_id)
