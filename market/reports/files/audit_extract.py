"""The audit record of a county, as an auditor reads it."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_day_start


class AuditRow(Struct, frozen=True):
    """An entry of the extract: `who` is the official's name, or says that it was a job or command; `detail` is JSON."""

    at: datetime
    who: str
    action: str
    object: str
    detail: str
    chain: int
    sequence: int
    hash: str


# The objects of a county are listed first, because the index of entries is by object.
LIST_ENTRIES = Query(
    AuditRow,
    """
    SELECT e.at, coalesce(a.name, CASE e.actor WHEN 'command line' THEN '命令行' ELSE '系统' END) AS who, e.action,
           e.object, e.detail::text AS detail, e.chain, e.sequence, encode(e.hash, 'hex') AS hash
      FROM audit_entries e
      LEFT JOIN accounts a ON a.id::text = e.actor
     WHERE e.object = ANY(ARRAY(
               SELECT 'county:' || :county::text WHERE :kind::text IN ('', 'county')
               UNION SELECT 'cycle:' || county_code || ':' || to_char(month, 'YYYY-MM') FROM cycles
                WHERE county_code = :county AND :kind IN ('', 'cycle')
               UNION SELECT 'cycle:' || county_code || ':' || to_char(month, 'YYYY-MM') FROM sample_deposits
                WHERE county_code = :county AND :kind IN ('', 'cycle')
               UNION SELECT 'lead:' || id FROM leads WHERE county_code = :county AND :kind IN ('', 'lead')
               UNION SELECT 'account:' || account_id FROM grants
                WHERE starts_with(scope, :county) AND :kind IN ('', 'account')))
       AND (e.object NOT LIKE 'account:%' OR e.action LIKE 'official.%' OR e.action = 'account.sign_in')
       AND (:first::timestamptz IS NULL OR e.at >= :first AND e.at < :until::timestamptz)
     ORDER BY e.at DESC, e.chain, e.sequence DESC
     LIMIT :most OFFSET :skip
    """,
)


async def list_entries(
    conn: Connection, county: str, *, kind: str, day: date | None, most: int, skip: int = 0
) -> list[AuditRow]:
    """Return the entries of a county, newest first: of its months, files and settings, leads, and officials' accounts.

    `kind` is county, cycle, lead, account, or empty for all; `day` is a business day, or None. The caller checks who
    may read, and that the transaction sees the county.
    """
    first = get_day_start(day) if day else None
    until = get_day_start(day + timedelta(days=1)) if day else None
    return await LIST_ENTRIES.all(conn, county=county, kind=kind, first=first, until=until, most=most, skip=skip)
