"""SQL as typed values, and access to a database.

A `Query` is a module-level constant beside the function that uses it. It binds `:named` parameters, rejects a wrong set
of names and decodes each row to its declared type. `QUERIES` lists all of them, so that a test can prepare every
statement against the migrated schema.
"""

import inspect
import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString, cast, overload

import asyncpg
import asyncpg.pool
import msgspec

from payments.errors import Busy
from payments.hosts import PrimaryFinder, list_hosts
from payments.known_types import KnowsTypes

type _Pooled = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
type Connection = asyncpg.Connection[asyncpg.Record] | _Pooled

QUERIES: list["Query[Any]"] = []
"""Every declared query, in the order of import."""

DEFAULT_SCHEMA = "payments"
"""The schema of this library's tables unless the caller chooses another."""

_SCHEMA = "{schema}"
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_NAMED = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_TAG_ROW_COUNT = re.compile(r"(\d+)$")


def require_identifier(name: str) -> str:
    """Return `name`, which becomes part of an SQL text, if it needs no quotes.

    Raises:
        ValueError: it has other characters than small letters, digits and underscores, or is too long.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"not a plain SQL identifier: {name!r}")
    return name


def make_connection_class(schema: str) -> "type[asyncpg.Connection[asyncpg.Record]]":
    """Return an asyncpg `connection_class` whose queries find this library's tables in `schema`.

    Raises:
        ValueError: `schema` is not a plain SQL identifier.
    """
    name = require_identifier(schema)

    class SchemaConnection(KnowsTypes):
        __slots__ = ()
        payments_schema = name

    return SchemaConnection


def _get_caller_module() -> str:
    """Return the name of the module that declares a query, two frames up."""
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame.f_back if frame else None
    return str(frame.f_globals["__name__"]) if frame else ""


class Query[R]:
    """One SQL statement and the type of its rows: a Struct, or a plain type for a single column.

    A row type of `None` means that the statement returns no rows; use `run`. `{schema}` in the text stands for the
    schema of this library's tables, which the connection decides; `sql` has the default one.
    """

    __slots__ = ("_sql_by_schema", "module", "names", "row", "single", "sql", "text")

    @overload
    def __init__(self: "Query[None]", row: None, text: LiteralString) -> None: ...
    @overload
    def __init__(self, row: type[R], text: LiteralString) -> None: ...
    def __init__(self, row: type[R] | None, text: LiteralString) -> None:
        self.row = row
        self.text = text
        self.names = tuple(dict.fromkeys(_NAMED.findall(text)))
        numbers = {name: f"${i}" for i, name in enumerate(self.names, 1)}
        numbered = _NAMED.sub(lambda match: numbers[match.group(1)], text)
        self.sql = numbered.replace(_SCHEMA, DEFAULT_SCHEMA)
        self._sql_by_schema = {DEFAULT_SCHEMA: self.sql} if _SCHEMA in text else None
        self.single = not (isinstance(row, type) and issubclass(row, msgspec.Struct))
        self.module = _get_caller_module()
        QUERIES.append(self)

    def resolve(self, conn: Connection) -> str:
        """Return the statement as `conn` runs it, in the schema that its connection class names."""
        if self._sql_by_schema is None:
            return self.sql
        schema = str(getattr(conn, "payments_schema", DEFAULT_SCHEMA))
        sql = self._sql_by_schema.get(schema)
        if sql is None:
            text = self.text.replace(_SCHEMA, schema)
            sql = _NAMED.sub(lambda match: f"${self.names.index(match.group(1)) + 1}", text)
            self._sql_by_schema[schema] = sql
        return sql

    def _values(self, values: Mapping[str, object]) -> list[object]:
        if len(values) != len(self.names) or any(name not in values for name in self.names):
            raise TypeError(f"parameters are {sorted(self.names)}, not {sorted(values)}")
        return [values[name] for name in self.names]

    def _decode(self, record: asyncpg.Record) -> R:
        if self.single:
            return cast("R", msgspec.convert(record[0], self.row))
        return cast("R", msgspec.convert(dict(record), self.row))

    async def maybe(self, conn: Connection, **values: object) -> R | None:
        """Return the only row, or None if there is none."""
        records = await conn.fetch(self.resolve(conn), *self._values(values))
        assert len(records) <= 1, f"{self.module}: {len(records)} rows instead of one"
        return self._decode(records[0]) if records else None

    async def one(self, conn: Connection, **values: object) -> R:
        """Return the only row; anything but exactly one row is a bug."""
        records = await conn.fetch(self.resolve(conn), *self._values(values))
        assert len(records) == 1, f"{self.module}: {len(records)} rows instead of one"
        return self._decode(records[0])

    async def all(self, conn: Connection, **values: object) -> list[R]:
        """Return every row; the statement limits their number."""
        return [self._decode(record) for record in await conn.fetch(self.resolve(conn), *self._values(values))]

    async def run(self, conn: Connection, **values: object) -> int:
        """Execute the statement and return the number of affected rows."""
        tag = await conn.execute(self.resolve(conn), *self._values(values))
        match = _TAG_ROW_COUNT.search(tag)
        return int(match.group(1)) if match else 0

    async def run_many(self, conn: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Execute the statement once per row, pipelined in one round trip."""
        await conn.executemany(self.resolve(conn), [self._values(row) for row in rows])


_RELEASE_SECONDS = 5.0
"""How long a server may take to end a statement that was given up: one that stands still never does."""
MAX_KEPT_USES = 1_000
"""After so many uses in turn a connection goes back to the pool, which replaces those that are old."""


def _is_fresh(conn: _Pooled) -> bool:
    """Return whether a connection is open and in no transaction; of one that ended the pool may have noticed first."""
    try:
        return not conn.is_closed() and not conn.is_in_transaction()
    except asyncpg.InterfaceError:
        return False


class Database:
    """A pool of connections.

    `acquire_timeout` limits the wait for a connection, in seconds. `scope_setting` names the session setting that the
    row-level security policies of the caller's own tables read, if there are any. `owns_pool` says that nobody else
    takes connections from the pool: then one that was used without a failure is kept for the next use, unless
    somebody waits for one, because giving it back starts a task.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        *,
        acquire_timeout: float = 5.0,
        scope_setting: str | None = None,
        owns_pool: bool = False,
    ) -> None:
        self.pool = pool
        self.acquire_timeout = acquire_timeout
        self.scope_setting = scope_setting
        self._owns_pool = owns_pool
        self._kept: list[tuple[_Pooled, int]] = []
        self._waiting = 0

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """Yield a connection without a transaction: each statement commits by itself.

        Raises:
            Busy: no connection became available in time.
        """
        conn, uses = await self._take()
        try:
            yield conn
        except BaseException:
            await self.pool.release(conn, timeout=_RELEASE_SECONDS)
            raise
        if self._owns_pool and not self._waiting and uses < MAX_KEPT_USES and _is_fresh(conn):
            self._kept.append((conn, uses + 1))
        else:
            await self.pool.release(conn, timeout=_RELEASE_SECONDS)

    async def _take(self) -> "tuple[_Pooled, int]":
        """Return a connection, and how often it was used since it left the pool."""
        while self._kept:
            conn, uses = self._kept.pop()
            if _is_fresh(conn):
                return conn, uses
            await self.pool.release(conn, timeout=_RELEASE_SECONDS)
        self._waiting += 1
        try:
            return await self.pool.acquire(timeout=self.acquire_timeout), 0
        except TimeoutError:
            raise Busy from None
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def transaction(self, *, scope: str | None = None) -> AsyncGenerator[Connection]:
        """Yield a connection in a transaction, committed at the end of the block and rolled back by any exception.

        `scope` is the value of `scope_setting` until the transaction ends; None leaves the setting unset.

        Raises:
            Busy: no connection became available in time.
        """
        async with self.connection() as conn, conn.transaction():
            if scope is not None:
                assert self.scope_setting is not None, "this database has no scope_setting"
                await conn.execute("SELECT set_config($1, $2, true)", self.scope_setting, scope)
            yield conn

    async def close(self) -> None:
        """Close the pool after the connections in use are released."""
        self._owns_pool = False
        while self._kept:
            await self.pool.release(self._kept.pop()[0], timeout=_RELEASE_SECONDS)
        await self.pool.close()


PIECE_ROWS = 5_000


async def run_in_pieces(db: Database, query: Query[None], **values: object) -> int:
    """Repeat a statement that changes at most `:piece` rows until it changes fewer; return how many it changed.

    Each piece is committed by itself: none holds locks for long, and a failure keeps what was done before it.
    """
    changed = 0
    while True:
        async with db.connection() as conn:
            piece = await query.run(conn, piece=PIECE_ROWS, **values)
        changed += piece
        if piece < PIECE_ROWS:
            return changed


async def _no_reset(_conn: Connection) -> None:
    """Skip asyncpg's RESET ALL on release: no session state outlives a transaction, which a test checks."""


def _encode_json(value: object) -> bytes:
    return b"\x01" + msgspec.json.encode(value)


def _decode_json(value: bytes) -> object:
    return msgspec.json.decode(value[1:])


async def prepare_connection(conn: Connection) -> None:
    """Register the codec by which a new connection passes jsonb as plain Python values."""
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode_json, decoder=_decode_json, format="binary")


STATEMENT_SECONDS = 30
STATEMENT_CACHE_SIZE = 1_000
"""The number of prepared statements that a connection keeps: more than the queries of a large application."""
_TCP_SETTINGS = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""With these the server ends the session of a client that vanished within a minute, and its locks with it."""


async def open_database(
    dsn: str,
    *,
    role: str | None = None,
    schema: str = DEFAULT_SCHEMA,
    min_size: int = 1,
    max_size: int = 10,
    acquire_timeout: float = 5.0,
    application_name: str = "payments",
    scope_setting: str | None = None,
    max_idle_transaction_seconds: int = 0,
    max_transaction_seconds: int = 0,
    max_statement_seconds: int = STATEMENT_SECONDS,
) -> Database:
    """Open a pool of connections to `dsn` that act as `role` and find this library's tables in `schema`.

    If `dsn` names several hosts, each connection goes to the one that accepts writes at the time. A statement waits at
    most 4 s for a lock and runs at most `max_statement_seconds`; if the server does not answer at all, 5 s longer. The
    server ends a connection whose transaction is idle for `max_idle_transaction_seconds` or open for
    `max_transaction_seconds`; 0 is no limit.

    Raises:
        ValueError: `schema` is not a plain SQL identifier.
    """
    server_settings = {
        "application_name": application_name,
        "timezone": "UTC",
        "lock_timeout": "4000",
        "statement_timeout": f"{max_statement_seconds}s",
        "idle_in_transaction_session_timeout": f"{max_idle_transaction_seconds}s",
        "transaction_timeout": f"{max_transaction_seconds}s",
        **_TCP_SETTINGS,
    }
    if role is not None:
        server_settings["role"] = role
    # The pool passes more than its type says that it does.
    connect: Any = PrimaryFinder(dsn).connect if len(list_hosts(dsn)) > 1 else None
    pool = await asyncpg.create_pool(
        dsn,
        connect=connect,
        min_size=min_size,
        max_size=max_size,
        connection_class=make_connection_class(schema),
        init=prepare_connection,
        reset=_no_reset,
        server_settings=server_settings,
        command_timeout=max_statement_seconds + 5 if max_statement_seconds else None,
        statement_cache_size=STATEMENT_CACHE_SIZE,
    )
    return Database(pool, acquire_timeout=acquire_timeout, scope_setting=scope_setting, owns_pool=True)
