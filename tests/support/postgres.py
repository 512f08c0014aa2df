"""Databases on the embedded PostgreSQL server, for the tests of every package."""

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server, find_launcher
from market.kernel.postgres.migrate import create_database
from tests.conftest import clone_database, drop_database

__all__ = [
    "EmbeddedServer", "as_owner", "clone_database", "create_database", "drop_database", "find_violated",
    "run_replica",    "wait_for_blocked", "wait_for_locks",
]  # fmt: skip

PATIENCE_SECONDS = 10


@contextmanager
def run_replica(primary: EmbeddedServer, folder: Path) -> Generator[EmbeddedServer]:
    """Yield a streaming replica of a server, from a base backup of it."""
    folder.mkdir()
    (folder / "postgres.password").write_text(primary.password)
    launcher = find_launcher()
    command = launcher.make_command("pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
    subprocess.run(
        [*command, "--pgdata", str(folder / "postgres"), "--dbname", primary.dsn("postgres")],
        check=True, capture_output=True, env=dict(os.environ), **launcher.get_user_options(),
    )  # fmt: skip
    with embedded_server(folder) as replica:
        yield replica


@asynccontextmanager
async def as_owner(conn: Connection) -> AsyncGenerator[None]:
    """Run the block's statements as the owner of the tables: to build what the service may not write.

    The tests' connections log in as the superuser and act in the service's role.
    """
    async with conn.transaction():
        role = await conn.fetchval("SELECT current_setting('role')")
        await conn.execute("SET LOCAL ROLE NONE")
        yield
        await conn.execute("SELECT set_config('role', $1, true)", role)


async def find_violated(conn: Connection, statement: str) -> str:
    """Return the constraint that a statement violates, or what else refuses it."""
    try:
        async with conn.transaction():
            await conn.execute(statement)
            await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except asyncpg.IntegrityConstraintViolationError as error:
        return error.constraint_name or str(error)
    return "nothing"


async def wait_for_blocked(owner: Connection, pid: int) -> None:
    """Wait until another session waits for a lock of the session `pid`."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await owner.fetchval(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)))", pid
        ):
            await asyncio.sleep(0.005)


async def wait_for_locks(owner: Connection, count: int) -> None:
    """Wait until so many sessions of the server wait for locks."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while count > await owner.fetchval("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.005)
