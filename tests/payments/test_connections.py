"""Connections: kept for their next use, unless one failed or somebody waits for it; none asks about types again."""

import asyncio
from datetime import date
from uuid import uuid4

import asyncpg
import pytest

from payments import Busy
from payments.sql import MAX_KEPT_USES, Database, open_database

SECONDS = 0.3


async def read_process(db: Database) -> int:
    """Return the process of the server that a connection belongs to."""
    async with db.connection() as conn:
        return await conn.fetchval("SELECT pg_backend_pid()")


async def test_a_connection_is_kept_and_goes_back_after_many_uses(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await open_database(dsn, max_size=2)
    given_back: list[object] = []
    release = asyncpg.Pool.release

    async def count(self: object, conn: object, **options: float) -> None:
        given_back.append(conn)
        await release(self, conn, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(asyncpg.Pool, "release", count)
    assert len({await read_process(db) for _ in range(MAX_KEPT_USES)}) == 1
    assert given_back == []
    await read_process(db)
    assert len(given_back) == 1
    await db.close()


async def test_who_waits_for_a_connection_gets_one_that_others_keep_using(dsn: str) -> None:
    db = await open_database(dsn, max_size=1, acquire_timeout=SECONDS)
    ended = asyncio.get_running_loop().time() + 4 * SECONDS

    async def keep_using() -> int:
        done = 0
        while asyncio.get_running_loop().time() < ended:
            await read_process(db)
            done += 1
        return done

    done = await asyncio.gather(*(keep_using() for _ in range(4)))
    assert min(done) > max(done) / 4
    async with db.connection():
        with pytest.raises(Busy):
            await read_process(db)
    await read_process(db)
    await db.close()


async def test_a_connection_in_a_transaction_or_of_a_block_that_failed_is_not_kept(dsn: str) -> None:
    db = await open_database(dsn, max_size=1)
    with pytest.raises(ZeroDivisionError):
        await _fail_in_transaction(db)
    async with db.connection() as conn:
        assert not conn.is_in_transaction()
    given_up = asyncio.create_task(_sleep(db))
    await asyncio.sleep(SECONDS)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await read_process(db)
    await db.close()


async def _fail_in_transaction(db: Database) -> None:
    async with db.connection() as conn:
        await conn.execute("BEGIN")
        raise ZeroDivisionError


async def _sleep(db: Database) -> None:
    async with db.connection() as conn:
        await conn.fetchval("SELECT pg_sleep(60)")


async def test_a_kept_connection_that_the_server_ended_is_replaced(dsn: str) -> None:
    db, other = await open_database(dsn, max_size=1), await open_database(dsn, max_size=1)
    ended = await read_process(db)
    async with other.connection() as conn:
        await conn.fetchval("SELECT pg_terminate_backend($1, 5000)", ended)
    await asyncio.sleep(SECONDS)
    assert await read_process(db) != ended
    await db.close()
    await other.close()


async def test_who_shares_a_pool_finds_its_connections_free(dsn: str) -> None:
    async with asyncpg.create_pool(dsn, min_size=0, max_size=1) as pool:
        await read_process(Database(pool))
        async with asyncio.timeout(SECONDS), pool.acquire() as conn:
            assert await conn.fetchval("SELECT 1") == 1


async def test_what_one_connection_asked_about_a_type_the_next_one_knows(dsn: str) -> None:
    db = await open_database(dsn, max_size=2)
    query = "SELECT $1::uuid[] AS ids, '[2026-12-01,2026-12-03)'::daterange AS days, '{1}'::int8[] AS sums"
    ids, sent = [uuid4()], list[str]()
    async with db.connection() as first, db.connection() as second:
        assert (await first.fetchrow(query, ids)) is not None
        second.add_query_logger(lambda record: sent.append(record.query))
        row = await second.fetchrow(query, ids)
        own = await second.fetchval("CREATE TYPE pair AS (a bigint, b text)") or await second.fetchval(
            "SELECT (1, 'x')::pair"
        )
    assert row is not None
    assert (row["ids"], row["days"], row["sums"]) == (ids, asyncpg.Range(date(2026, 12, 1), date(2026, 12, 3)), [1])
    assert sent[0] == query
    assert sent[1].startswith("CREATE TYPE"), "a statement of asyncpg's own came between"
    assert tuple(own) == (1, "x")
    await db.close()
