"""A database that was used before is as the template, and one whose schema or first rows changed is not used again."""

import asyncpg
import pytest

from market.kernel import Connection
from tests.conftest import NOW
from tests.support.databases import ReusedDatabases
from tests.support.make import make_account, make_producer, make_product

COUNT = "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM listings), (SELECT count(*) FROM producers)"


async def test_the_next_test_finds_nothing_of_the_last_one(databases: ReusedDatabases) -> None:
    async with databases.use() as used:
        first = used.dsn
        database = await used.open()
        async with database.transaction() as conn:
            account = await make_account(conn)
            product = await make_product(conn, await make_producer(conn, owner=account, now=NOW), now=NOW)
            assert await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id) == 1
        other = await asyncpg.connect(first)
        await other.execute("UPDATE accounts SET name = 'another'")
    async with databases.use() as used:
        assert used.dsn == first
        database = await used.open()
        async with database.transaction() as conn:
            assert tuple(await conn.fetchrow(COUNT) or ()) == (0, 0, 0)
            product = await make_product(conn, now=NOW)
            assert await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id) == 1
    assert other.is_closed()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE categories SET code = code",
        "DELETE FROM holidays",
        "CREATE TABLE more (id int)",
        "ALTER TABLE accounts DISABLE TRIGGER ALL",
        "REVOKE SELECT ON accounts FROM market_app",
        "ANALYZE categories",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
    ],
)
async def test_a_database_that_is_not_as_the_template_is_dropped(databases: ReusedDatabases, change: str) -> None:
    async with databases.use() as used:
        changed = used.dsn
        owner: Connection = await asyncpg.connect(changed)
        await owner.execute(change)
        await owner.close()
    async with databases.use() as used:
        assert used.dsn != changed
