"""The world of the access matrix, made once, and a service on each copy of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from msgspec import Struct

from market.kernel import open_database
from market.kernel.embedded import Server
from market.kernel.seal import Seal
from market.settings import Settings
from market.startup import APP_ROLE
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.access.knock import Knocker, csrf_tokens
from tests.access.world import NOW, World, a_world
from tests.conftest import clone, drop
from tests.rails import gateway, provider
from tests.service import serving, settings_for

__all__ = ["gateway", "provider"]


class Made(Struct, frozen=True):
    """The database that holds the world, cloned and never served, and the settings of a service on it."""

    database: str
    settings: Settings
    world: World


@pytest.fixture(scope="session")
async def made(  # noqa: PLR0917 - fixtures
    server: Server,
    template: str,
    seal: Seal,
    gateway: Stripe,
    provider: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Made]:
    """The world, in a database that every service of these tests copies."""
    name = await clone(server, template)
    settings = settings_for(
        server.dsn(name),
        tmp_path_factory.mktemp("access"),
        now=NOW,
        stripe_base=provider.url,
        stripe_webhook_secret=provider.secret,
    )
    db = await open_database(server.dsn(name), role=APP_ROLE, max_size=4)
    world = await a_world(db, seal, settings, gateway=gateway, sandbox=provider)
    await db.close()
    yield Made(name, settings, world)
    await drop(server, name)


@asynccontextmanager
async def knocking(server: Server, made: Made) -> AsyncGenerator[Knocker]:
    """Serve a copy of the world, and lend someone who knocks at its doors as anybody."""
    name = await clone(server, made.database)
    dsn = server.dsn(name)
    settings = Settings(
        **{field: getattr(made.settings, field) for field in Settings.__struct_fields__ if field != "database_url"},
        database_url=dsn,
    )
    owner = await asyncpg.connect(dsn)
    try:
        async with serving(settings) as service:
            made.world.ids["static"] = service.app.state["market"].renderer.url("mark.svg").rpartition("/")[2]
            tokens = await csrf_tokens(service, made.world)
            yield Knocker(service, made.world, owner, Path(settings.data), tokens)
    finally:
        await owner.close()
        await drop(server, name)


@pytest.fixture(scope="session")
async def doors(server: Server, made: Made) -> AsyncGenerator[Knocker]:
    """A service on which nothing is ever changed."""
    async with knocking(server, made) as knocker:
        yield knocker


@pytest.fixture(scope="session")
async def copy(server: Server, made: Made) -> AsyncGenerator[Knocker]:
    """A service whose world is used up by those who may, over JSON."""
    async with knocking(server, made) as knocker:
        yield knocker


@pytest.fixture(scope="session")
async def pages_copy(server: Server, made: Made) -> AsyncGenerator[Knocker]:
    """A service whose world is used up by those who may, by forms."""
    async with knocking(server, made) as knocker:
        yield knocker
