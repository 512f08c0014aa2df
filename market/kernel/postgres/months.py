"""Tables of the market by month: partitions that are made ahead, and old ones that move to the archive.

A partition in the archive is a table of the schema `market_archive` under its own name, which never changes.
"""

from collections.abc import Awaitable, Callable, Sequence

from payments.retries import run_each
from payments.sql import Database, Query

LIST_TABLES = Query(str, "SELECT name FROM list_month_tables()")
MAKE_PARTITIONS = Query(int, "SELECT make_month_partitions(:table, :ahead)")
ARCHIVE_PARTITION = Query(
    str, "SELECT partition FROM archive_month_partition(:table) AS partition WHERE partition IS NOT NULL"
)


async def make_partitions(db: Database, *, ahead: int) -> int:
    """Make the partitions of this month and the next ones that are missing; return how many were made.

    Each table is a database transaction; one that is in use for 0.9 s is left, and its error raised after the others.
    Without its partition a row is stored all the same, with those that are late, which this makes a month of.
    """
    made = 0

    async def make(table: str) -> None:
        nonlocal made
        async with db.transaction() as conn:
            made += await MAKE_PARTITIONS.one(conn, table=table, ahead=ahead)

    async with db.connection() as conn:
        tables = await LIST_TABLES.all(conn)
    await _run_tables(tables, make)
    return made


async def archive_partitions(db: Database, *, tables: Sequence[str]) -> list[str]:
    """Move the partitions that tables have kept long enough to the archive, as the owner; return their names.

    For how long is in migrations/functions/list_month_tables.sql. Each partition is a database transaction; a table
    that is in use for 0.9 s is left, and its error raised after the others.
    """
    archived: list[str] = []

    async def archive(table: str) -> None:
        while True:
            async with db.transaction() as conn:
                partition = await ARCHIVE_PARTITION.maybe(conn, table=table)
            if partition is None:
                return
            archived.append(partition)

    await _run_tables(tables, archive)
    return archived


async def _run_tables(tables: Sequence[str], work: Callable[[str], Awaitable[None]]) -> None:
    errors: list[Exception] = []

    async def fail(_table: str, error: Exception) -> None:
        errors.append(error)

    await run_each(tables, work, fail)
    if errors:
        raise errors[0]
