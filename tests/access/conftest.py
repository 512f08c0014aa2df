"""The fixtures of the access table, made once, and a client with a service on each copy of their database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from msgspec import Struct

from market.kernel import open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.access.client import AccessClient, fetch_csrf_tokens
from tests.access.database_fingerprint import start_fingerprints
from tests.access.fixtures import NOW, AccessFixtures, make_fixtures
from tests.conftest import clone_database, drop_database
from tests.support.app import build_settings, run_service
from tests.support.payment import gateway, provider

__all__ = ["gateway", "provider"]


class FixtureDatabase(Struct, frozen=True):
    """The database with the fixtures, cloned and never served, and the settings of a service on a copy."""

    database: str
    settings: Settings
    fixtures: AccessFixtures


@pytest.fixture(scope="package")
async def fixture_database(
    server: EmbeddedServer,
    template: str,
    seal: Seal,
    gateway: Stripe,
    provider: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[FixtureDatabase]:
    """Insert the fixtures into a database that every service of these tests copies."""
    name = await clone_database(server, template)
    settings = build_settings(
        server.dsn(name),
        tmp_path_factory.mktemp("access"),
        now=NOW,
        stripe_base=provider.url,
        stripe_webhook_secret=provider.secret,
    )
    db = await open_database(server.dsn(name), role=APP_ROLE, max_size=4)
    fixtures = await make_fixtures(db, seal, settings, gateway=gateway, sandbox=provider)
    await db.close()
    yield FixtureDatabase(name, settings, fixtures)
    await drop_database(server, name)


@asynccontextmanager
async def open_client(server: EmbeddedServer, source: FixtureDatabase) -> AsyncGenerator[AccessClient]:
    """Run a service on a copy of the fixtures and yield its client.

    It ends with these tests: others block the event loop for longer than a transaction of its tasks may be idle.
    """
    name = await clone_database(server, source.database)
    dsn = server.dsn(name)
    settings = Settings(
        **{field: getattr(source.settings, field) for field in Settings.__struct_fields__ if field != "database_url"},
        database_url=dsn,
    )
    owner = await asyncpg.connect(dsn)
    try:
        async with run_service(settings) as service:
            source.fixtures.ids["static"] = service.app.state["market"].renderer.url("mark.svg").rpartition("/")[2]
            tokens = await fetch_csrf_tokens(service, source.fixtures)
            fingerprints = await start_fingerprints(owner, Path(settings.data))
            yield AccessClient(service, source.fixtures, owner, Path(settings.data), tokens, fingerprints)
    finally:
        await owner.close()
        await drop_database(server, name)


@pytest.fixture(scope="package")
async def read_only_client(server: EmbeddedServer, fixture_database: FixtureDatabase) -> AsyncGenerator[AccessClient]:
    """A client for requests that must change nothing."""
    async with open_client(server, fixture_database) as client:
        yield client


@pytest.fixture(scope="module")
async def watched_client(read_only_client: AccessClient) -> AccessClient:
    """The same, for tests that ask for the changes since the last of them; other tests may have written something."""
    await read_only_client.list_changes()
    return read_only_client


@pytest.fixture(scope="package")
async def api_client(server: EmbeddedServer, fixture_database: FixtureDatabase) -> AsyncGenerator[AccessClient]:
    """A client for the allowed requests to the API, which change the fixtures."""
    async with open_client(server, fixture_database) as client:
        yield client


@pytest.fixture(scope="package")
async def page_client(server: EmbeddedServer, fixture_database: FixtureDatabase) -> AsyncGenerator[AccessClient]:
    """A client for the allowed requests to pages and forms, which change the fixtures."""
    async with open_client(server, fixture_database) as client:
        yield client
