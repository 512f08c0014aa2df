"""The market's database: connections of `payments.sql`, with the setting that its row-level security reads."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from payments import sql
from payments.errors import Busy
from payments.sql import Connection, Database, Query

APP_ROLE = "market_app"
"""The database role of the service, which owns no table."""
BENEFITS_ROLE = "market_benefits"
"""The role that sees the schema `benefits`; only market/villages/benefits/wall.py takes it."""

SCOPE_SETTING = "market.scope"
"""The session setting that the row-level security policies read.

Its value is a county's code, or a longer one inside the county; with any other no protected row is visible (ADR 18).
"""

SET_SCOPE = Query(str, "SELECT set_config('market.scope', :scope, true)")
SET_LOCK_TIMEOUT = Query(str, "SELECT set_config('lock_timeout', :timeout, true)")
# No other connection sees what a transaction has written.
EXPORT_SNAPSHOT = Query(
    str, "SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_export_snapshot() ELSE '' END"
)


async def set_scope(conn: Connection, scope: str) -> None:
    """Give the rest of a transaction another scope, where one transaction acts for several people in turn."""
    await SET_SCOPE.one(conn, scope=scope)


async def limit_lock_wait(conn: Connection, milliseconds: int) -> None:
    """Wait at most so long for each lock until the transaction ends, instead of 4 s.

    What many people wait for at once holds a connection for each of them meanwhile.
    """
    await SET_LOCK_TIMEOUT.one(conn, timeout=f"{milliseconds}ms")


@asynccontextmanager
async def open_reader(db: Database | None, conn: Connection, *, scope: str) -> AsyncGenerator[Connection | None]:
    """Yield a second connection that reads, beside `conn`, the database as it is for the next statement of `conn`.

    What either commits or `conn` writes afterwards it does not see, and it writes nothing. There is none, and the block
    uses `conn` alone, if the transaction of `conn` has written already or no connection is free.
    """
    snapshot = "" if db is None else await EXPORT_SNAPSHOT.one(conn)
    if db is None or not snapshot:
        yield None
        return
    async with AsyncExitStack() as stack:
        try:
            reader = await stack.enter_async_context(db.connection())
        except Busy:
            yield None
            return
        await stack.enter_async_context(reader.transaction(isolation="repeatable_read", readonly=True))
        await reader.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        await set_scope(reader, scope)
        yield reader


async def open_database(
    dsn: str,
    *,
    role: str | None = None,
    min_size: int = 1,
    max_size: int = 10,
    acquire_timeout: float = 5.0,
    application_name: str = "market",
    max_idle_transaction_seconds: int = 0,
    max_transaction_seconds: int = 0,
    max_statement_seconds: int = sql.STATEMENT_SECONDS,
) -> Database:
    """Open a pool of connections to `dsn`, acting as `role`, whose transactions take a `scope`.

    A statement waits at most 4 s for a lock. The server ends a statement, and a connection whose transaction is idle or
    open, after the limits in seconds; 0 is no limit.
    """
    return await sql.open_database(
        dsn,
        role=role,
        min_size=min_size,
        max_size=max_size,
        acquire_timeout=acquire_timeout,
        application_name=application_name,
        scope_setting=SCOPE_SETTING,
        max_idle_transaction_seconds=max_idle_transaction_seconds,
        max_transaction_seconds=max_transaction_seconds,
        max_statement_seconds=max_statement_seconds,
    )
