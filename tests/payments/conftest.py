"""A running sandbox, the real `stripe` library speaking to it, and databases with only this library's tables."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

import pytest

from payments import Connection, Database, open_database
from payments.migrate import DEFAULT_ROLE, migrate
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe
from tests.support.databases import ReusedDatabases
from tests.support.postgres import EmbeddedServer, clone_database, create_database


@pytest.fixture(scope="session")
async def alone(server: EmbeddedServer) -> str:
    """The name of a database with only the tables of `payments`, which the tests clone."""
    await create_database(server.dsn("postgres"), "template_payments")
    await asyncio.to_thread(migrate, server.dsn("template_payments"))
    return "template_payments"


@pytest.fixture(scope="session")
async def databases(server: EmbeddedServer, alone: str) -> AsyncGenerator[ReusedDatabases]:
    """The databases that tests use one after another."""
    open_pool = partial(open_database, role=DEFAULT_ROLE, max_size=60, acquire_timeout=30)
    reused = ReusedDatabases(server, alone, open_pool)
    yield reused
    await reused.close()


@pytest.fixture(scope="session")
async def shared(server: EmbeddedServer, alone: str) -> AsyncGenerator[Database]:
    """The database of the tests that are rolled back."""
    name = await clone_database(server, alone)
    db = await open_database(server.dsn(name), role=DEFAULT_ROLE, max_size=4)
    yield db
    await db.close()


@pytest.fixture
async def conn(shared: Database) -> AsyncGenerator[Connection]:
    """A connection in a transaction that is rolled back."""
    async with shared.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


@pytest.fixture(scope="session")
async def provider() -> AsyncGenerator[Sandbox]:
    """The session's provider; the fixture `sandbox` clears its faults."""
    async with running() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(provider: Sandbox) -> AsyncGenerator[Sandbox]:
    """The provider, without faults left by other tests."""
    await provider.clear_faults()
    yield provider
    await provider.clear_faults()


@pytest.fixture(scope="session")
async def library(provider: Sandbox) -> AsyncGenerator[Stripe]:
    """Stripe's own library, created once because it loads the system's certificates."""
    async with Stripe("sk_test_sample", provider.secret, base=provider.url, timeout=5) as stripe:
        yield stripe


@pytest.fixture
def gateway(library: Stripe, sandbox: Sandbox) -> Stripe:
    """The library, connected to the provider without faults."""
    assert sandbox.url
    return library
