"""The story's county at two moments: files imported and January calculated; the whole quarter closed."""

from collections.abc import AsyncGenerator

import pytest

from market.kernel import Connection, open_database
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from tests.conftest import EmbeddedServer, clone_database, drop_database
from tests.story.play import Player
from tests.story.test_month import play_to

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


async def _player(server: EmbeddedServer, template: str, seal: Seal) -> AsyncGenerator[Player]:
    name = await clone_database(server, template)
    db = await open_database(server.dsn(name), role=APP_ROLE, max_size=20, acquire_timeout=30)
    yield Player(db, seal)
    await db.close()
    await drop_database(server, name)


@pytest.fixture
async def january(server: EmbeddedServer, calculated_template: str, seal: Seal) -> AsyncGenerator[Player]:
    """The county with January calculated, in a database of its own."""
    async for player in _player(server, calculated_template, seal):
        yield player


@pytest.fixture
async def quarter(server: EmbeddedServer, quarter_template: str, seal: Seal) -> AsyncGenerator[Player]:
    """The county with the quarter closed, in a database of its own."""
    async for player in _player(server, quarter_template, seal):
        yield player


@pytest.fixture
async def empty(server: EmbeddedServer, template: str, seal: Seal) -> AsyncGenerator[Player]:
    """An empty market with the county's officials."""
    async for player in _player(server, template, seal):
        await player(["import", "officials", "input/officials.csv"])
        yield player


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
