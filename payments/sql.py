"""SQL as typed values, and the one way to a transaction.

A `Query` stands at module level beside the function that uses it. It binds `:named` parameters, refuses a wrong set of
names and decodes each row to the type that it declares. Every query of the project is listed in `QUERIES`, so that one
test can prepare them all against the migrated schema.
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

type Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

QUERIES: list["Query[Any]"] = []
"""Every query that was ever declared, in the order of import."""

_NAMED = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_ROWS_OF_TAG = re.compile(r"(\d+)$")


def _caller() -> str:
    """Name the module that declares a query: two frames up."""
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame.f_back if frame else None
    return str(frame.f_globals["__name__"]) if frame else ""


class Query[R]:
    """One SQL statement and the type of its rows: a Struct, or a plain type for a single column.

    `None` as the row type says that the statement returns nothing; use `run`.
    """

    __slots__ = ("module", "names", "row", "single", "sql", "text")

    @overload
    def __init__(self: "Query[None]", row: None, text: LiteralString) -> None: ...
    @overload
    def __init__(self, row: type[R], text: LiteralString) -> None: ...
    def __init__(self, row: type[R] | None, text: LiteralString) -> None:
        self.row = row
        self.text = text
        self.names = tuple(dict.fromkeys(_NAMED.findall(text)))
        places = {name: f"${i}" for i, name in enumerate(self.names, 1)}
        self.sql = _NAMED.sub(lambda match: places[match.group(1)], text)
        self.single = not (isinstance(row, type) and issubclass(row, msgspec.Struct))
        self.module = _caller()
        QUERIES.append(self)

    def _values(self, values: Mapping[str, object]) -> list[object]:
        if len(values) != len(self.names) or any(name not in values for name in self.names):
            raise TypeError(f"parameters are {sorted(self.names)}, not {sorted(values)}")
        return [values[name] for name in self.names]

    def _decode(self, record: asyncpg.Record) -> R:
        if self.single:
            return cast("R", msgspec.convert(record[0], self.row))
        return cast("R", msgspec.convert(dict(record), self.row))

    async def maybe(self, conn: Connection, **values: object) -> R | None:
        """Return the only row, or None where there is none."""
        records = await conn.fetch(self.sql, *self._values(values))
        assert len(records) <= 1, f"{self.module}: {len(records)} rows where one was meant"  # noqa: S101
        return self._decode(records[0]) if records else None

    async def one(self, conn: Connection, **values: object) -> R:
        """Return the only row; that there is one is the caller's knowledge, so its absence is our bug."""
        records = await conn.fetch(self.sql, *self._values(values))
        assert len(records) == 1, f"{self.module}: {len(records)} rows where one was meant"  # noqa: S101
        return self._decode(records[0])

    async def all(self, conn: Connection, **values: object) -> list[R]:
        """Return every row; the statement bounds how many."""
        return [self._decode(record) for record in await conn.fetch(self.sql, *self._values(values))]

    async def run(self, conn: Connection, **values: object) -> int:
        """Execute and return how many rows were touched."""
        tag = await conn.execute(self.sql, *self._values(values))
        found = _ROWS_OF_TAG.search(tag)
        return int(found.group(1)) if found else 0

    async def run_many(self, conn: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Execute once a row, pipelined in one round trip."""
        await conn.executemany(self.sql, [self._values(row) for row in rows])


class Database:
    """A pool of connections; handlers open their transaction on it in plain sight.

    `acquire_timeout` bounds the wait for a connection; past it the caller is refused with `Busy`.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, acquire_timeout: float = 5.0) -> None:
        self.pool = pool
        self.acquire_timeout = acquire_timeout

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """Lend a connection without a transaction: each statement stands alone.

        Raises:
            Busy: no connection came free in time.
        """
        try:
            conn = await self.pool.acquire(timeout=self.acquire_timeout)
        except TimeoutError:
            raise Busy from None
        try:
            yield conn
        finally:
            await self.pool.release(conn)

    @asynccontextmanager
    async def transaction(self, *, scope: str | None = None) -> AsyncGenerator[Connection]:
        """Open a transaction: committed at the end of the block, rolled back by any exception.

        `scope` says which rows row-level security shows: the prefix of a division code, `all` for the system's own
        work, or None for none of the guarded ones. It ends with the transaction.

        Raises:
            Busy: no connection came free in time.
        """
        async with self.connection() as conn, conn.transaction():
            if scope is not None:
                await conn.execute("SELECT set_config('market.scope', $1, true)", scope)
            yield conn

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        await self.pool.close()


async def _no_reset(_conn: Connection) -> None:
    """Leave out the RESET ALL after each use: nothing of ours outlives its transaction; a test looks for leftovers."""


def _encode_json(value: object) -> bytes:
    return b"\x01" + msgspec.json.encode(value)


def _decode_json(value: bytes) -> object:
    return msgspec.json.decode(value[1:])


async def prepare_connection(conn: Connection) -> None:
    """Teach a new connection to take and give jsonb as plain values."""
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode_json, decoder=_decode_json, format="binary")


async def open_database(
    dsn: str,
    *,
    role: str | None = None,
    min_size: int = 1,
    max_size: int = 10,
    acquire_timeout: float = 5.0,
    application_name: str = "market",
) -> Database:
    """Connect a pool to `dsn`, working as `role` where one is given.

    Locks are waited for at most 4 s and a statement runs at most 30 s, so that nothing queues for ever.
    """
    server_settings = {
        "application_name": application_name,
        "timezone": "UTC",
        "lock_timeout": "4000",
        "statement_timeout": "30000",
    }
    if role is not None:
        server_settings["role"] = role
    pool = await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        init=prepare_connection,
        reset=_no_reset,
        server_settings=server_settings,
    )
    return Database(pool, acquire_timeout=acquire_timeout)
