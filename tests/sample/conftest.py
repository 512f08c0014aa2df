"""One small load of the samples, shared by the tests that only read it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from market.kernel import Connection
from market.kernel.embedded import Server
from market.kernel.seal import Seal
from market.sample import load_sample
from market.settings import Settings
from market.storage import Files, open_files
from payments.sql import prepare_connection
from tests.conftest import clone, drop

NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
"""Half past ten in the morning; the closed months are March and April 2026, and May waits for the township."""
SCALE = 3


def silent(_phase: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Path]:
    """An empty store and its folder."""
    folder = tmp_path_factory.mktemp("files")
    return open_files(folder.as_uri()), folder


@pytest.fixture(scope="session")
async def loaded(server: Server, template: str, store: tuple[Files, Path], seal: Seal) -> AsyncGenerator[str]:
    """The address of a database that holds a small load of the samples."""
    name = await clone(server, template)
    await load_sample(server.dsn(name), Settings(), seal, store[0], NOW, silent, scale=SCALE)
    yield server.dsn(name)
    await drop(server, name)


@pytest.fixture
async def sample(loaded: str) -> AsyncGenerator[Connection]:
    """A connection of the owner to the loaded database, in a transaction that is rolled back."""
    conn = await asyncpg.connect(loaded)
    await prepare_connection(conn)
    transaction = conn.transaction()
    await transaction.start()
    yield conn
    await transaction.rollback()
    await conn.close()
