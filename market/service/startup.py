"""Startup shared by the service, the worker and every command: a migrated database and a clock."""

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncpg
from msgspec import Struct

from market.kernel.clock import Clock, make_clock_at
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import SERVICE_LOGIN, EmbeddedServer, embedded_server
from market.kernel.postgres.migrate import create_named_database, is_current, upgrade
from market.kernel.settings import Settings
from market.places.divisions.load import load_divisions
from payments.hosts import connect_to_primary
from payments.ledger.months import MONTHS_AHEAD

MIGRATION_LOCK = 7005
"""The first key of the advisory lock of migrations (docs/locks.md)."""
METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with which prometheus_client, when it is imported, shares metrics between processes."""


@contextmanager
def share_metrics(processes: int) -> Generator[None]:
    """Let the processes that are started inside the block count together, if there are several.

    A single process keeps its metrics in memory, which is faster.
    """
    if processes == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="xiangji-metrics-") as folder:
        os.environ[METRICS_FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[METRICS_FOLDER_VARIABLE]


def tune_garbage_collector() -> None:
    """Run the cyclic garbage collector a tenth as often as by default.

    Calculating a county's month creates a million long-lived objects; scanning them at the default threshold took a
    quarter of the time. Reference counting frees nearly all other objects.
    """
    gc.set_threshold(20_000, 20, 20)


async def migrate_database(dsn: str) -> bool:
    """Migrate the database to this release's schema and load divisions and holidays if it is empty.

    A second process waits for the first one and then finds nothing to do. Returns whether anything changed.

    Raises:
        UnknownRevision: the database is at a revision that this release does not have.
    """
    conn = await connect_to_primary(dsn)
    try:
        await conn.execute("SELECT pg_advisory_lock($1, 0)", MIGRATION_LOCK)
        changed = not await is_current(dsn)
        if changed:
            await asyncio.to_thread(upgrade, dsn)
        with suppress(asyncpg.LockNotAvailableError):  # the worker makes them every night too
            await conn.execute("SELECT payments.make_months($1)", MONTHS_AHEAD)
            for (table,) in await conn.fetch("SELECT name FROM list_month_tables()"):
                await conn.execute("SELECT make_month_partitions($1, $2)", table, MONTHS_AHEAD)
        async with conn.transaction():
            return await load_divisions(conn) or changed
    finally:
        await conn.close()


async def create_and_migrate(dsn: str) -> bool:
    """Create the database of the DSN unless it exists, and migrate it; return whether anything changed."""
    try:
        return await migrate_database(dsn)
    except asyncpg.InvalidCatalogNameError:
        await create_named_database(dsn)
        return await migrate_database(dsn)


async def create_service_login(server: EmbeddedServer) -> None:
    """Create the login of the service in a migrated embedded server, unless it exists."""
    conn = await asyncpg.connect(server.dsn("postgres"))
    try:
        async with conn.transaction():
            await conn.execute("SELECT pg_advisory_xact_lock($1, 0)", MIGRATION_LOCK)
            if not await conn.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", SERVICE_LOGIN):
                await conn.execute(
                    f"CREATE ROLE {SERVICE_LOGIN} LOGIN PASSWORD '{server.service_password}' IN ROLE {APP_ROLE}"
                )
    finally:
        await conn.close()


async def prepare_embedded(server: EmbeddedServer) -> None:
    """Create and migrate the database of an embedded server, and the login of the service."""
    await create_and_migrate(server.dsn())
    await create_service_login(server)


class DatabaseLogins(Struct, frozen=True):
    """The DSNs of a database: of its owner and of the service. In a configured database both are the configured one."""

    owner: str
    service: str


@asynccontextmanager
async def open_logins(settings: Settings) -> AsyncGenerator[DatabaseLogins]:
    """Yield the DSNs of the database: the configured one, or the embedded server's, started and migrated.

    Raises:
        EmbeddedServerError: the embedded server does not start.
    """
    if settings.database_url:
        yield DatabaseLogins(settings.database_url, settings.database_url)
        return
    with embedded_server(settings.data) as server:
        await prepare_embedded(server)
        yield DatabaseLogins(server.dsn(), server.service_dsn())


def make_clock(settings: Settings) -> Clock:
    """Return the business clock of the settings."""
    return Clock() if settings.now is None else make_clock_at(settings.now)
