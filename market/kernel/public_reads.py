"""Reads for public pages, which may go to a replica that is fresh; a write is never decided from one.

`PublicReads` has no transaction, no scope and no way to the database behind it, and only routes that anybody may GET
take it. On a replica PostgreSQL refuses every write besides.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Self

import asyncpg
import structlog

from market.kernel.database import Connection, Database
from payments import Busy
from payments.sql import Query

log = structlog.get_logger()

MARKS_WITHIN_LAG = 4
PAUSE_SECONDS = 1.0
"""How long a replica that failed is not asked."""
CHECK_SECONDS = 0.5
_REPLICA_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Busy)

READ_POSITION = Query(str, "SELECT pg_current_wal_flush_lsn()::text")
HAS_REPLAYED = Query(
    bool,
    """
    SELECT :position::text::pg_lsn
        <= CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END
    """,
)


class PublicReads:
    """Where a public page reads: the replica if it has all that was committed `max_lag` seconds ago, or the primary.

    The position of the primary's log is noted four times in `max_lag`; each connection to a replica is first asked if
    it has replayed the oldest position within `max_lag`. So every replica behind one address is judged by itself, and
    none is used while the primary cannot be asked.
    """

    def __init__(self, primary: Database, replica: Database | None = None, *, max_lag: float = 0.25) -> None:
        self._primary = primary
        self._replica = replica
        self._max_lag = max_lag
        self.marks: deque[tuple[float, str]] = deque(maxlen=MARKS_WITHIN_LAG + 1)
        self._paused_until = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._replica is not None:
            self._task = asyncio.create_task(self._note_positions())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Return a context that yields a connection without a transaction.

        Raises:
            Busy: no connection to the primary became available in time.
        """
        return self._primary.connection() if self._replica is None else self._read_replica()

    @asynccontextmanager
    async def _read_replica(self) -> AsyncGenerator[Connection]:
        async with AsyncExitStack() as stack:
            conn = await self._enter_replica(stack)
            if conn is None:
                yield await stack.enter_async_context(self._primary.connection())
                return
            try:
                yield conn
            except _REPLICA_FAULTS:
                self._give_up(conn)
                raise

    async def _enter_replica(self, stack: AsyncExitStack) -> Connection | None:
        """Return a connection to a replica that is fresh, which the stack releases, or None."""
        now = asyncio.get_running_loop().time()
        position = next((mark for at, mark in self.marks if now - at <= self._max_lag), None)
        if self._replica is None or position is None or now < self._paused_until:
            return None
        async with AsyncExitStack() as attempt:
            conn: Connection | None = None
            try:
                conn = await attempt.enter_async_context(self._replica.connection())
                async with asyncio.timeout(CHECK_SECONDS):
                    fresh = await HAS_REPLAYED.one(conn, position=position)
            except _REPLICA_FAULTS:
                self._give_up(conn)
                return None
            if not fresh:
                return None
            stack.push_async_exit(attempt.pop_all())
            return conn

    def _give_up(self, conn: Connection | None) -> None:
        """Ask no replica for a moment, and do not wait for one that may stand still to cancel its statement."""
        if conn is not None:
            conn.terminate()
        self._paused_until = asyncio.get_running_loop().time() + PAUSE_SECONDS
        log.warning("replica_not_used", seconds=PAUSE_SECONDS)

    async def _note_positions(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            with suppress(*_REPLICA_FAULTS):
                async with self._primary.connection() as conn:
                    self.marks.append((began, await READ_POSITION.one(conn)))
            await asyncio.sleep(max(0.0, began + self._max_lag / MARKS_WITHIN_LAG - loop.time()))
