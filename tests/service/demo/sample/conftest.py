"""A small load of the samples, shared by the tests that only read it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.storage.files import FileStore, open_file_store
from market.service.demo.sample.load import load_sample
from payments.sql import prepare_connection
from tests.conftest import clone_database, drop_database

NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
"""Half past ten in the morning; March and April 2026 are closed, May awaits the township's review."""
SCALE = 3


def ignore_progress(_phase: str, _done: int, _total: int) -> None:
    """Discard the progress."""


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[FileStore, Path]:
    """An empty file store and its folder."""
    folder = tmp_path_factory.mktemp("files")
    return open_file_store(folder.as_uri()), folder


@pytest.fixture(scope="session")
async def loaded(
    server: EmbeddedServer, template: str, store: tuple[FileStore, Path], seal: Seal
) -> AsyncGenerator[str]:
    """The address of a database with a small load of the samples."""
    name = await clone_database(server, template)
    await load_sample(server.dsn(name), Settings(), seal, store[0], now=NOW, progress=ignore_progress, scale=SCALE)
    yield server.dsn(name)
    await drop_database(server, name)


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
