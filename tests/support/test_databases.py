"""A database that was used before is as the template; one whose schema or large tables changed is not used again."""

import asyncpg
import pytest

from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer
from tests.conftest import NOW, clone_database
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


HOLDS = """
SELECT (SELECT array_agg(holidays::text ORDER BY holidays::text) FROM holidays),
       (SELECT array_agg(categories::text ORDER BY categories::text) FROM categories)
"""


async def test_the_next_test_finds_what_the_template_has(databases: ReusedDatabases) -> None:
    async with databases.use() as used:
        first = used.dsn
        before = await used.owner.fetchrow(HOLDS)
        other = await asyncpg.connect(first)
        await other.execute("DELETE FROM holidays; UPDATE categories SET code = code || '2' WHERE code = 'fruit'")
        await other.close()
        assert await used.owner.fetchrow(HOLDS) != before
    async with databases.use() as used:
        assert used.dsn == first
        assert await used.owner.fetchrow(HOLDS) == before


async def test_numbers_go_on_where_the_template_ended(
    server: EmbeddedServer, template: str, databases: ReusedDatabases
) -> None:
    add = "SELECT nextval(pg_get_serial_sequence('listings', 'number'))"
    name = await clone_database(server, template)
    owner = await asyncpg.connect(server.dsn(name))
    assert [await owner.fetchval(add) for _ in range(3)] == [1, 2, 3]
    await owner.close()
    reused = ReusedDatabases(server, name, databases.open_pool)
    for _ in range(2):
        async with reused.use() as used:
            assert [await used.owner.fetchval(add) for _ in range(2)] == [4, 5]
    await reused.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE divisions SET level = level",
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
