"""The story's county at two moments: files imported and January calculated; the whole quarter closed."""

from collections.abc import AsyncGenerator
from functools import partial

import pytest

from market.kernel import Connection, Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from tests.conftest import EmbeddedServer, clone_database
from tests.story.play import Player
from tests.story.test_month import play_to
from tests.support.databases import ReusedDatabases

CALCULATED, CLOSED, ALL = 12, 19, 45


async def _played(server: EmbeddedServer, template: str, seal: Seal, steps: int) -> str:
    name = await clone_database(server, template)
    db = await open_database(server.dsn(name), role=APP_ROLE, max_size=4)
    await play_to(Player(db, seal), steps)
    await db.close()
    return name


@pytest.fixture(scope="session")
async def calculated_template(server: EmbeddedServer, template: str, seal: Seal) -> str:
    """A database in which January is calculated and not approved."""
    return await _played(server, template, seal, CALCULATED)


@pytest.fixture(scope="session")
async def quarter_template(server: EmbeddedServer, template: str, seal: Seal) -> str:
    """A database in which the quarter is closed."""
    return await _played(server, template, seal, ALL)


def _open_databases(server: EmbeddedServer, template: str) -> ReusedDatabases:
    open_pool = partial(open_database, role=APP_ROLE, max_size=20, acquire_timeout=30)
    return ReusedDatabases(server, template, open_pool)


@pytest.fixture(scope="session")
async def calculated_databases(server: EmbeddedServer, calculated_template: str) -> AsyncGenerator[ReusedDatabases]:
    """The databases with January calculated that tests use one after another."""
    databases = _open_databases(server, calculated_template)
    yield databases
    await databases.close()


@pytest.fixture(scope="session")
async def quarter_databases(server: EmbeddedServer, quarter_template: str) -> AsyncGenerator[ReusedDatabases]:
    """The databases with the quarter closed that tests use one after another."""
    databases = _open_databases(server, quarter_template)
    yield databases
    await databases.close()


@pytest.fixture
async def january(calculated_databases: ReusedDatabases, seal: Seal) -> AsyncGenerator[Player]:
    """The county with January calculated, in a database that no other test uses meanwhile."""
    async with calculated_databases.use() as used:
        yield Player(await used.open(), seal)


@pytest.fixture
async def quarter(quarter_databases: ReusedDatabases, seal: Seal) -> AsyncGenerator[Player]:
    """The county with the quarter closed, in a database that no other test uses meanwhile."""
    async with quarter_databases.use() as used:
        yield Player(await used.open(), seal)


@pytest.fixture
async def empty(database: Database, seal: Seal) -> Player:
    """An empty market with the county's officials."""
    player = Player(database, seal)
    await player(["import", "officials", "input/officials.csv"])
    return player


@pytest.fixture
async def county(january: Player) -> AsyncGenerator[Connection]:
    """A transaction scoped to the county with January calculated; it is rolled back."""
    async with january.database.connection() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute("SELECT set_config('market.scope', '130624', true)")
        try:
            yield conn
        finally:
            await transaction.rollback()
