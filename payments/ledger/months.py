"""The months of the ledger: partitions that are made ahead, and old ones that move to the archive.

A month in the archive is two tables of the schema `<schema>_archive`, `transactions_YYMM` and `postings_YYMM`, which
never change. Balances and checkpoints carry their sums, so that the ledger still adds up, and a complete verification
reads the archive too.
"""

from datetime import datetime

from payments.sql import Connection, Database, Query

MONTHS_AHEAD = 3
"""How many months have a partition before they begin."""

MIN_KEPT_MONTHS = 60
"""For how many months at least the ledger is not archived: what was paid may be refunded or disputed."""

MAX_FREED = 10_000
"""How many keys, and accounts, of the archive a database transaction frees."""

MAKE_MONTHS = Query(int, "SELECT {schema}.make_months(:ahead)")
GET_ARCHIVED_UNTIL = Query(
    datetime,
    """
    SELECT (date_trunc('month', max(archived_at) AT TIME ZONE 'UTC') - :kept * interval '1 month') AT TIME ZONE 'UTC'
      FROM {schema}.archived_months
    HAVING count(*) > 0
    """,
)
ARCHIVE_MONTH = Query(str, "SELECT suffix FROM {schema}.archive_month(:kept) AS suffix WHERE suffix IS NOT NULL")
FREE_ARCHIVED = Query(int, "SELECT {schema}.free_archived(:limit)")


async def make_months(db: Database, *, ahead: int = MONTHS_AHEAD) -> int:
    """Make the partitions of this month and the next ones that are missing; return how many were made.

    Without them transactions are posted all the same, into a partition of what is late, which this makes a month of.
    """
    async with db.transaction() as conn:
        return await MAKE_MONTHS.one(conn, ahead=ahead)


async def archive_months(db: Database, *, kept: int = MIN_KEPT_MONTHS) -> list[str]:
    """Move what was posted more than `kept` months ago to the archive, as the owner; return how its tables end.

    Only months whose transactions are all in checkpoints, and of which nothing is in suspense any more, are moved: one
    waits, and those after it, until a person returned the money (`list_unresolved_balances`). Their keys are free
    again, and accounts at zero that only they name are moved after them, in database transactions of at most 10,000
    rows.
    """
    archived: list[str] = []
    while True:
        async with db.transaction() as conn:
            suffix = await ARCHIVE_MONTH.maybe(conn, kept=kept)
        if suffix is None:
            break
        archived.append(suffix)
    while True:
        async with db.transaction() as conn:
            if not await FREE_ARCHIVED.one(conn, limit=MAX_FREED):
                return archived


async def get_archived_until(conn: Connection) -> datetime | None:
    """Return a moment before which everything that is in the archive was posted, or None if nothing is."""
    return await GET_ARCHIVED_UNTIL.maybe(conn, kept=MIN_KEPT_MONTHS)
