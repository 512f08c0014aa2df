"""Databases that one test uses after another: to delete what a test stored costs a fraction of another copy.

A copy of the template has two thousand files, and a new connection to it knows no table, no function and no plan yet.
"""

import itertools
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from msgspec import Struct

from market.kernel.embedded import EmbeddedServer
from payments.sql import Connection, Database

_numbers = itertools.count(1)

MAX_USES = 40
MAX_CHANGES = 20_000
"""Of rows, by all tests that used a database: deleted rows remain in its files and are read past."""
MAX_KEPT_CONNECTIONS = 4

# A connection of another test, or of its service, reports its changes before it ends.
END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL($1::int[])
"""
# Changes that were rolled back count as well, so that more is deleted than needed, and never less.
LIST_CHANGES = """
SELECT oid::regclass::text AS name, relnamespace = 'pg_catalog'::regnamespace AS is_catalog,
       pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid) AS changes
  FROM pg_class
 WHERE relkind = 'r' AND NOT relisshared
"""
LIST_FILLED = """
SELECT oid::regclass::text FROM pg_class
 WHERE relkind = 'r' AND relnamespace <> 'pg_catalog'::regnamespace AND pg_relation_size(oid) > 0
"""
HAS_SETTINGS = """
SELECT EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
                WHERE datname = current_database())
"""
RESTART = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
SELECT pg_stat_reset()
"""
# Its own changes are not counted, and no trigger refuses them.
CLEARING = "SET session_replication_role = replica; SET track_counts = off"


async def clone_database(server: EmbeddedServer, template: str) -> str:
    """Create a database from the template and return its name."""
    name = f"market_{os.getpid()}_{next(_numbers)}"
    conn = await asyncpg.connect(server.dsn("postgres"))
    try:
        await conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    finally:
        await conn.close()
    return name


async def drop_database(server: EmbeddedServer, name: str) -> None:
    """Drop a database, even if there are connections to it."""
    conn = await asyncpg.connect(server.dsn("postgres"))
    try:
        await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await conn.close()


class ReusedDatabase(Struct, kw_only=True):
    """A copy of the template, and the superuser's connection that clears it.

    `filled` are the tables in which the template has rows; `opened` is the pool in the role of the service, once a test
    opened it.
    """

    dsn: str
    owner: Connection
    filled: frozenset[str]
    open_pool: Callable[[str], Awaitable[Database]]
    opened: Database | None = None
    uses: int = 0
    changes: int = 0

    async def open(self) -> Database:
        """Return the pool, which stays open for the tests that come after."""
        if self.opened is None:
            self.opened = await self.open_pool(self.dsn)
        return self.opened

    async def close(self) -> None:
        """Close the connections."""
        await self._close_pool()
        await self.owner.close()

    async def clear(self) -> bool:
        """Delete what a test stored; return whether the database is as the template again and not worn out.

        It is not if a test changed the schema, its settings or a row that the template has.
        """
        self.uses += 1
        await self.owner.execute(END_OTHERS, await self._report_changes())
        changed = [row for row in await self.owner.fetch(LIST_CHANGES) if row["changes"]]
        self.changes += sum(row["changes"] for row in changed)
        tables = [row["name"] for row in changed]
        if (
            any(row["is_catalog"] for row in changed)
            or not self.filled.isdisjoint(tables)
            or self.uses >= MAX_USES
            or self.changes >= MAX_CHANGES
            or await self.owner.fetchval(HAS_SETTINGS)
        ):
            return False
        await self.owner.execute(";".join([*(f"DELETE FROM {table}" for table in tables), RESTART]))
        return True

    async def _report_changes(self) -> list[int]:
        """Let the pool's connections report their changes; return their process ids. A large pool is closed."""
        if self.opened is None:
            return []
        pool = self.opened.pool
        if pool.is_closing() or pool.get_size() > MAX_KEPT_CONNECTIONS:
            await self._close_pool()
            return []
        async with AsyncExitStack() as stack:
            conns = [await stack.enter_async_context(self.opened.connection()) for _ in range(pool.get_size())]
            for conn in conns:
                await conn.execute("SELECT pg_stat_force_next_flush()")
            return [conn.get_server_pid() for conn in conns]

    async def _close_pool(self) -> None:
        if self.opened is not None:
            await self.opened.close()
            self.opened = None


class ReusedDatabases:
    """The copies of a template that no test uses now; `open_pool` opens connections to one in the service's role."""

    def __init__(self, server: EmbeddedServer, template: str, open_pool: Callable[[str], Awaitable[Database]]) -> None:
        self._server = server
        self._template = template
        self._open_pool = open_pool
        self._idle: list[ReusedDatabase] = []

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[ReusedDatabase]:
        """Yield a database that is as the template; afterwards it is cleared for the next test, or dropped."""
        used = self._idle.pop() if self._idle else await self._make()
        yield used
        if await used.clear():
            self._idle.append(used)
        else:
            await used.close()
            await drop_database(self._server, used.dsn.rpartition("/")[2])

    async def close(self) -> None:
        """Close the connections."""
        for each in self._idle:
            await each.close()

    async def _make(self) -> ReusedDatabase:
        dsn = self._server.dsn(await clone_database(self._server, self._template))
        owner = await asyncpg.connect(dsn)
        await owner.execute(CLEARING)
        filled = frozenset(row[0] for row in await owner.fetch(LIST_FILLED))
        return ReusedDatabase(dsn=dsn, owner=owner, filled=filled, open_pool=self._open_pool)
