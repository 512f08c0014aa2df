"""Lots: opened and counted by changes, once per reference, never below zero."""

import asyncpg
import pytest

from market.catalogue.stock.lots import count_units, open_lot, set_available_units
from market.catalogue.stock.models import InvalidStockChange, StockTooLow
from market.kernel import Connection
from market.people.identity.models import NotFound
from tests.conftest import NOW
from tests.support.make import load_actor, load_owner, make_account, make_producer


async def test_a_lot_opens_with_its_first_count(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    await open_lot(conn, producer_id=producer_id, label="小米", unit="袋", units=0, now=NOW)
    lots = await conn.fetch("SELECT label, available_units, reserved_units, sold_units FROM lots ORDER BY id")
    assert [tuple(row) for row in lots] == [("大枣", 10, 0, 0), ("小米", 0, 0, 0)]
    with pytest.raises(InvalidStockChange):
        await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=-1, now=NOW)


async def test_a_count_that_is_sent_twice_counts_once(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    owner = await load_owner(conn, producer_id)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    for reference, change, left in (("a", 5, 15), ("a", 5, 15), ("b", -3, 12), ("a", 5, 12), ("b", -3, 12)):
        lot = await count_units(conn, owner, lot_id, change=change, reference=reference, now=NOW)
        assert lot.available_units == left
    moves = await conn.fetch(
        "SELECT reference, units FROM stock_moves WHERE lot_id = $1 ORDER BY at, reference", lot_id
    )
    assert sorted(tuple(row) for row in moves) == [("a", 5), ("b", -3), ("opened", 10)]


async def test_reserved_units_cannot_be_removed_by_a_count(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    owner = await load_owner(conn, producer_id)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    await conn.execute("UPDATE lots SET available_units = 4, reserved_units = 6 WHERE id = $1", lot_id)
    with pytest.raises(StockTooLow) as refused:
        async with conn.transaction():
            await count_units(conn, owner, lot_id, change=-5, reference="a", now=NOW)
    assert refused.value.facts == {"left": 4, "unit": "箱", "removed": 5}
    lot = await count_units(conn, owner, lot_id, change=-4, reference="a", now=NOW)
    assert (lot.available_units, lot.reserved_units) == (0, 6)


@pytest.mark.parametrize("change", [0, 10**9 + 1, -(10**9) - 1])
async def test_a_count_is_limited(conn: Connection, change: int) -> None:
    producer_id = await make_producer(conn)
    owner = await load_owner(conn, producer_id)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    with pytest.raises(InvalidStockChange):
        await count_units(conn, owner, lot_id, change=change, reference="a", now=NOW)
    with pytest.raises(InvalidStockChange):
        async with conn.transaction():
            await count_units(conn, owner, lot_id, change=10**9, reference="b", now=NOW)
    assert await conn.fetchval("SELECT available_units FROM lots") == 10


async def test_only_members_of_the_producer_count(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    other = await load_owner(conn, await make_producer(conn, name="样例别家"))
    stranger = await load_actor(conn, await make_account(conn))
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    for actor in (other, stranger):
        with pytest.raises(NotFound):
            await count_units(conn, actor, lot_id, change=1, reference="a", now=NOW)
    assert await conn.fetchval("SELECT available_units FROM lots") == 10


async def test_setting_the_available_units_is_a_change_too(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    lot_id = await open_lot(conn, producer_id=producer_id, label="大枣", unit="箱", units=10, now=NOW)
    for reference, units in (("a", 50), ("b", 50), ("c", 0)):
        await set_available_units(conn, lot_id, units=units, reference=reference, now=NOW)
        assert await conn.fetchval("SELECT available_units FROM lots") == units
    moved = await conn.fetchval("SELECT sum(units) FROM stock_moves WHERE lot_id = $1", lot_id)
    assert moved == 0


async def test_the_schema_refuses_negative_units(owner: Connection) -> None:
    producer_id = await make_producer(owner)
    lot_id = await open_lot(owner, producer_id=producer_id, label="大枣", unit="箱", units=1, now=NOW)
    for column in ("available_units", "reserved_units", "sold_units"):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(f"UPDATE lots SET {column} = -1 WHERE id = $1", lot_id)
