"""A running sandbox, the real `stripe` library speaking to it, and databases that hold this library's tables alone."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from market.kernel.embedded import Server
from market.kernel.migrate import create_database
from payments.migrate import migrate
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe
from tests.conftest import clone, drop


@pytest.fixture(scope="session")
async def alone(server: Server) -> str:
    """The name of a database with the tables of `payments` and no others, cloned by those of the tests."""
    await create_database(server.dsn("postgres"), "template_payments")
    await asyncio.to_thread(migrate, server.dsn("template_payments"))
    return "template_payments"


@pytest.fixture
async def dsn(server: Server, alone: str) -> AsyncGenerator[str]:
    """The owner's address of a fresh database."""
    name = await clone(server, alone)
    yield server.dsn(name)
    await drop(server, name)


@pytest.fixture(scope="session")
async def provider() -> AsyncGenerator[Sandbox]:
    """The session's provider; tests that script faults heal it by `sandbox`."""
    async with running() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(provider: Sandbox) -> AsyncGenerator[Sandbox]:
    """The provider without faults, whatever the test before left."""
    await provider.heal()
    yield provider
    await provider.heal()


@pytest.fixture(scope="session")
async def library(provider: Sandbox) -> AsyncGenerator[Stripe]:
    """Stripe's own library, made once: it reads the system's certificates each time."""
    async with Stripe("sk_test_sample", provider.secret, base=provider.url, timeout=5) as stripe:
        yield stripe


@pytest.fixture
def gateway(library: Stripe, sandbox: Sandbox) -> Stripe:
    """The library, speaking to a provider without faults."""
    assert sandbox.url
    return library
