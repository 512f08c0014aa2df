"""Shared fixtures: one embedded server per session, a template database migrated once, real connections.

`conn` is a rolled-back transaction on a shared database; `database` is a database of its own, for tests that must
commit, which is as the template at the start of each.
Both use the service's role, which owns nothing; `owner` is the schema's owner on `database`.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from market.kernel import Connection, Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server
from market.kernel.postgres.migrate import create_database
from market.kernel.seal import Seal, derive_seal
from market.service.startup import migrate_database
from market.service.web.ui.renderer import Renderer
from tests.support.databases import ReusedDatabase, ReusedDatabases, clone_database, drop_database

__all__ = ["clone_database", "drop_database"]

Renderer.refuses_none = True

NOW = datetime(2019, 9, 20, 1, 0, tzinfo=UTC)
"""Nine in the morning of the market day of the golden story."""

# No deadline per example, because speed is measured by the benchmarks. `make test` uses the same examples each time;
# `HYPOTHESIS=search` searches for new ones.
settings.register_profile("any machine", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "any machine"))


MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
MIN_FREE_MEMORY = 4 * 1024**3


SHARING = ("tests/journeys/lives/", "tests/journeys/test_demo_", "tests/service/demo/sample/", "tests/test_")


class _FileScheduling(LoadFileScheduling):
    """The tests of a file go to one worker; so do all that share lives, a demo, samples or the parsed source."""

    def _split_scope(self, nodeid: str) -> str:
        return next((each for each in SHARING if nodeid.startswith(each)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Return what shares the tests out to the workers."""
    return _FileScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from looking at the modules and tests that are collected, which all remain."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def find_available_memory() -> int:
    """Return how many bytes programs may take: those that are free, and those of files, which give way."""
    figures = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(figures["MemAvailable"].split()[0]) * 1024


@contextmanager
def make_server_folder(fallback: Path) -> Generator[Path]:
    """Give a folder in memory if there is plenty: the thousand files of a clone take four times as long on a disk."""
    if not MEMORY.is_dir() or min(find_available_memory(), shutil.disk_usage(MEMORY).free) < MIN_FREE_MEMORY:
        yield fallback
        return
    with tempfile.TemporaryDirectory(prefix="market-tests-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """The folder of the session's PostgreSQL."""
    with make_server_folder(tmp_path_factory.mktemp("postgres")) as folder:
        yield folder


@pytest.fixture(scope="session")
def server(server_folder: Path) -> Generator[EmbeddedServer]:
    """The session's PostgreSQL without durability; the fault tests start durable servers of their own.

    Both processors are busy, so that a statement with workers of its own only costs more, as does what runs by itself:
    the databases are small, and no plan depends on when they were analysed last.
    """
    with embedded_server(
        server_folder,
        fsync="off",
        synchronous_commit="off",
        full_page_writes="off",
        max_connections="300",
        shared_buffers="256MB",
        max_parallel_workers_per_gather="0",
        autovacuum="off",
        io_method="sync",
        scram_iterations="1",
    ) as running:
        yield running


@pytest.fixture(scope="session")
async def template(server: EmbeddedServer) -> str:
    """The name of the migrated template database, with the divisions, which every other database clones."""
    conn = await asyncpg.connect(server.dsn("postgres"))
    await conn.execute(f"ALTER ROLE postgres PASSWORD '{server.password}'")  # hashed once, as `server` says
    await conn.close()
    await create_database(server.dsn("postgres"), "template_market")
    await migrate_database(server.dsn("template_market"))
    return "template_market"


@pytest.fixture(scope="session")
async def shared(server: EmbeddedServer, template: str) -> AsyncGenerator[Database]:
    """The database that rolled-back tests share."""
    name = await clone_database(server, template)
    db = await open_database(server.dsn(name), role=APP_ROLE, max_size=4)
    yield db
    await db.close()


@pytest.fixture
async def conn(shared: Database) -> AsyncGenerator[Connection]:
    """A connection inside a transaction that is rolled back; its scope is the county of the tests."""
    async with shared.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT set_config('market.scope', '130624', true)")
        try:
            yield connection
        finally:
            await transaction.rollback()


@pytest.fixture(scope="session")
async def databases(server: EmbeddedServer, template: str) -> AsyncGenerator[ReusedDatabases]:
    """The databases that tests use one after another."""
    open_pool = partial(open_database, role=APP_ROLE, max_size=60, acquire_timeout=30)
    reused = ReusedDatabases(server, template, open_pool)
    yield reused
    await reused.close()


@pytest.fixture
async def used_database(databases: ReusedDatabases) -> AsyncGenerator[ReusedDatabase]:
    """A database that is as the template, for one test."""
    async with databases.use() as used:
        yield used


@pytest.fixture
async def new_conn(dsn: str) -> AsyncGenerator[Connection]:
    """A connection as `conn` to a database of its own, for tests that fill large tables or count what a plan reads.

    The plans of a session and the sizes of tables outlast a rollback.
    """
    db = await open_database(dsn, role=APP_ROLE, max_size=1)
    async with db.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT set_config('market.scope', '130624', true)")
        yield connection
        await transaction.rollback()
    await db.close()


@pytest.fixture
async def new_dsn(server: EmbeddedServer, template: str) -> str:
    """The owner's address of a database that no other test uses."""
    return server.dsn(await clone_database(server, template))


@pytest.fixture
def dsn(used_database: ReusedDatabase) -> str:
    """The owner's address of a database in which nothing is stored yet."""
    return used_database.dsn


@pytest.fixture
async def database(used_database: ReusedDatabase) -> Database:
    """The same database, connected in the service's role."""
    return await used_database.open()


@pytest.fixture
async def owner(dsn: str) -> AsyncGenerator[Connection]:
    """A connection of the schema's owner to `database`, to test the schema's own constraints."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def seal() -> Seal:
    """A seal with a fixed key."""
    return derive_seal("a secret of the tests, 32 characters and more")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path
