"""Databases that one test uses after another: to delete what a test stored costs a fraction of another copy.

A copy of the template has two thousand files, and a new connection to it knows no table, no function and no plan yet.
Rows that the template itself has are stored again where a test changed their table.
"""

import io
import itertools
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from msgspec import Struct

from market.kernel.postgres.embedded import EmbeddedServer
from payments.sql import Connection, Database

_numbers = itertools.count(1)

MAX_USES = 40
MAX_CHANGES = 20_000
"""Of rows, by all tests that used a database: deleted rows remain in its files and are read past."""
MAX_KEPT_CONNECTIONS = 4
MAX_KEPT_BYTES = 1024**2
"""Of a table of the template: a larger one, such as that of the divisions, is not filled again."""

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
SELECT pg_class.oid::regclass::text AS name, nspname AS schema, relname AS relation,
       pg_relation_size(pg_class.oid) AS size,
       array(SELECT attname::text FROM pg_attribute
              WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
              ORDER BY attnum) AS columns
  FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid
 WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_relation_size(pg_class.oid) > 0
"""
LIST_CALLED = """
SELECT seqrelid::regclass::text AS name, pg_sequence_last_value(seqrelid) AS last
  FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""
HAS_SETTINGS = """
SELECT EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
                WHERE datname = current_database())
"""
RESTART = """
SELECT CASE WHEN last IS NULL THEN setval(seqrelid, seqstart, false) ELSE setval(seqrelid, last, true) END
  FROM pg_sequence LEFT JOIN unnest($1::text[], $2::bigint[]) AS called (name, last) ON name::regclass = seqrelid
 WHERE pg_sequence_last_value(seqrelid) IS DISTINCT FROM last
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


class FilledTable(Struct, frozen=True):
    """A table in which the template has rows, which are None if there are too many to fill it again."""

    schema: str
    relation: str
    columns: list[str]
    rows: bytes | None


class TemplateRows(Struct, frozen=True):
    """What a template holds: its filled tables by name, and the last values of its sequences."""

    filled: dict[str, FilledTable]
    last_values: dict[str, int]


class ReusedDatabase(Struct, kw_only=True):
    """A copy of the template, and the superuser's connection that clears it.

    `opened` is the pool in the role of the service, once a test opened it.
    """

    dsn: str
    owner: Connection
    template: TemplateRows
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

        It is not if a test changed the schema, its settings or a large table that the template has filled.
        """
        self.uses += 1
        await self.owner.execute(END_OTHERS, await self._report_changes())
        changed = [row for row in await self.owner.fetch(LIST_CHANGES) if row["changes"]]
        self.changes += sum(row["changes"] for row in changed)
        tables = [row["name"] for row in changed]
        if (
            any(row["is_catalog"] for row in changed)
            or any(table.rows is None for name, table in self.template.filled.items() if name in tables)
            or self.uses >= MAX_USES
            or self.changes >= MAX_CHANGES
            or await self.owner.fetchval(HAS_SETTINGS)
        ):
            return False
        await self.owner.execute(";".join([*(f"DELETE FROM {table}" for table in tables), "SELECT pg_stat_reset()"]))
        for table in tables:
            await self._fill(table)
        last_values = self.template.last_values
        await self.owner.execute(RESTART, [*last_values], [*last_values.values()])
        return True

    async def _fill(self, name: str) -> None:
        """Store what the template has in a table."""
        table = self.template.filled.get(name)
        if table is not None:
            await self.owner.copy_to_table(
                table.relation, schema_name=table.schema, columns=table.columns, format="binary",
                source=io.BytesIO(table.rows or b""),
            )  # fmt: skip

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
        self.open_pool = open_pool
        self._idle: list[ReusedDatabase] = []
        self._rows: TemplateRows | None = None

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
        self._rows = self._rows or await _read_rows(owner)
        return ReusedDatabase(dsn=dsn, owner=owner, template=self._rows, open_pool=self.open_pool)


async def _read_rows(owner: Connection) -> TemplateRows:
    """Return what a new copy of a template holds."""
    filled: dict[str, FilledTable] = {}
    for row in await owner.fetch(LIST_FILLED):
        rows = io.BytesIO()
        if row["size"] <= MAX_KEPT_BYTES:
            await owner.copy_from_table(
                row["relation"], schema_name=row["schema"], columns=row["columns"], format="binary", output=rows
            )
        filled[row["name"]] = FilledTable(
            row["schema"], row["relation"], row["columns"], rows.getvalue() if row["size"] <= MAX_KEPT_BYTES else None
        )
    return TemplateRows(filled, {row["name"]: row["last"] for row in await owner.fetch(LIST_CALLED)})
