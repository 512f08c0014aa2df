"""A price that changed is shown within a second, although the replica that public pages read stands still."""

import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest

from market.kernel import Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import embedded_server
from market.service.startup import create_and_migrate
from tests.support.app import build_settings, run_app
from tests.support.browser import ORIGIN, PageClient
from tests.support.make import make_producer, make_product
from tests.support.postgres import run_replica

pytestmark = pytest.mark.long

OLD, NEW = "12.80", "13.90"
SECOND = 1.0
MAX_SECONDS = 30


async def add_product(db: Database) -> int:
    """Add a product at the old price; return its number."""
    async with db.transaction() as conn:
        product = await make_product(conn, await make_producer(conn), price_fen=1280)
        return await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id)


async def change_price(db: Database) -> None:
    """Change the price of the only product to the new one."""
    async with db.transaction() as conn:
        await conn.execute("UPDATE variants SET price_fen = 1390")


async def count_sessions(replica: asyncpg.Connection) -> int:
    """Return how many other sessions of the market a replica has."""
    return await replica.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def read_price(http: httpx.AsyncClient, path: str) -> str:
    """Return the price that a stranger sees."""
    page = (await http.get(path)).text
    assert (OLD in page) != (NEW in page), page[:500]
    return NEW if NEW in page else OLD


async def check_change(db: Database, replica: asyncpg.Connection, http: httpx.AsyncClient, path: str) -> None:
    """Stop the replica, change the price, and look a second later and for another second."""
    async with asyncio.timeout(MAX_SECONDS):
        while await count_sessions(replica) == 0:  # the first connection may take too long and is tried again
            assert await read_price(http, path) == OLD
            await asyncio.sleep(0.1)
    await replica.execute("SELECT pg_wal_replay_pause()")
    await change_price(db)
    await asyncio.sleep(SECOND)
    for _ in range(20):
        assert await read_price(http, path) == NEW
        await asyncio.sleep(0.05)
    assert await replica.fetchval("SELECT price_fen FROM variants") == 1280, "the replica did not lag"
    await replica.execute("SELECT pg_wal_replay_resume()")


async def test_a_changed_price_is_seen_within_a_second_beside_a_replica_that_stands_still(folder: Path) -> None:
    with embedded_server(folder / "primary") as primary:
        await create_and_migrate(primary.dsn())
        db = await open_database(primary.dsn(), role=APP_ROLE, max_size=1)
        path = f"/goods/{await add_product(db)}"
        with run_replica(primary, folder / "replica") as server:
            replica = await asyncpg.connect(server.dsn())
            settings = build_settings(
                primary.dsn(), folder, public_url=ORIGIN, replica_url=server.dsn(), replica_lag_ms=250,
                keep_ms=1000,
            )  # fmt: skip
            async with run_app(settings) as app:
                while not app.state["market"].reads.marks:
                    await asyncio.sleep(0.01)
                await check_change(db, replica, PageClient(app).client, path)
            await replica.close()
        await db.close()
