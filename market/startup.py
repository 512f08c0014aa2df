"""From settings to a migrated database: what the service, the worker and every command begin with."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from market.kernel.clock import Clock, clock_at
from market.kernel.embedded import embedded_server
from market.kernel.migrate import create_database, is_current, upgrade
from market.places import load_places
from market.settings import Settings

APP_ROLE = "market_app"
"""The database role that the service works in: it owns nothing."""


def collect_seldom() -> None:
    """Let this process look for cyclic garbage a tenth as often as Python does by itself.

    A county's month makes a million objects that stay until it is kept; looking through them every 2,000 took a
    quarter of its time, and what the project makes is freed by counting references.
    """
    gc.set_threshold(20_000, 20, 20)


async def migrate_database(dsn: str) -> bool:
    """Bring the database to this release's schema, with the divisions and holidays of an empty market.

    Returns whether anything had to be done.
    """
    changed = not await is_current(dsn)
    if changed:
        await asyncio.to_thread(upgrade, dsn)
    conn = await asyncpg.connect(dsn)
    try:
        async with conn.transaction():
            return await load_places(conn) or changed
    finally:
        await conn.close()


async def create_and_migrate(dsn: str) -> bool:
    """Create the database that the address names where it is missing, and migrate it; return whether it changed."""
    server, _, name = dsn.partition("?")[0].rpartition("/")
    try:
        return await migrate_database(dsn)
    except asyncpg.InvalidCatalogNameError:
        await create_database(f"{server}/postgres", name)
        return await migrate_database(dsn)


@asynccontextmanager
async def owner_address(settings: Settings) -> AsyncGenerator[str]:
    """Lend the owner's address of the database: the one of the settings, or the embedded one, started and migrated.

    Raises:
        EmbeddedFailed: the embedded server does not start.
    """
    if settings.database_url:
        yield settings.database_url
        return
    with embedded_server(settings.data) as server:
        await create_and_migrate(server.dsn())
        yield server.dsn()


def clock_of(settings: Settings) -> Clock:
    """Return the business clock that the settings ask for."""
    return Clock() if settings.now is None else clock_at(settings.now)
