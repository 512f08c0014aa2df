"""The audit record of a county, as an auditor reads it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct, structs

from market.kernel import Connection, Query
from market.kernel.clock import get_day_start
from market.kernel.page import BadCursor, Page, make_page


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


_CURSOR = re.compile(r"([0-9]{1,16})[.]([0-9]{1,2})[.]([0-9]{1,17})")
_CHAINS = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_MAX_NUMBER = 2**63 - 1
_OF_A_MONTH = 10_000_000_000
"""A number is its month, 2612 of December 2026, times this, and the number of the entry in its chain."""
_WINDOWS = (2, 4, 8, 16, 32)
"""How many months are read at once, after the first, until a page is full; then all others."""


class AuditPosition(Struct, frozen=True, kw_only=True):
    """The entry behind which a page begins."""

    at: datetime
    chain: int
    sequence: int


class _Window(Struct, frozen=True, kw_only=True):
    """The numbers to read in, and the entry before which those are that are wanted."""

    first_number: int
    end_number: int
    before_at: datetime = _LATEST
    before_chain: int = 0
    before_number: int = 0


# The numbers of entries begin with their month, which is that of their partition: a window of months reads no other.
# The objects of a county are listed first, because the index of entries is by object.
LIST_ENTRIES = Query(
    AuditRow,
    """
    SELECT e.at, coalesce(a.name, CASE e.actor WHEN 'command line' THEN '命令行' ELSE '系统' END) AS who, e.action,
           e.object, e.detail::text AS detail, e.chain, e.sequence, encode(e.hash, 'hex') AS hash
      FROM (SELECT * FROM audit_entries
             WHERE object = ANY(ARRAY(
                       SELECT 'county:' || :county::text WHERE :kind::text IN ('', 'county')
                       UNION SELECT 'cycle:' || county_code || ':' || to_char(month, 'YYYY-MM') FROM cycles
                        WHERE county_code = :county AND :kind IN ('', 'cycle')
                       UNION SELECT 'cycle:' || county_code || ':' || to_char(month, 'YYYY-MM') FROM sample_deposits
                        WHERE county_code = :county AND :kind IN ('', 'cycle')
                       UNION SELECT 'lead:' || id FROM leads WHERE county_code = :county AND :kind IN ('', 'lead')
                       UNION SELECT 'account:' || account_id FROM grants
                        WHERE scope >= :county AND scope < :county || ':' AND :kind IN ('', 'account')))
               AND (object NOT LIKE 'account:%' OR action LIKE 'official.%' OR action = 'account.sign_in')
               AND sequence >= :first_number AND sequence < :end_number
               AND at >= :first::timestamptz AND at < :until::timestamptz
               AND (at, chain, sequence) < (:before_at::timestamptz, :before_chain::smallint, :before_number::bigint)
             ORDER BY sequence / 10000000000 DESC, at DESC, chain DESC, sequence DESC
             LIMIT :most) AS e
      LEFT JOIN accounts a
        ON a.id = CASE WHEN e.actor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN e.actor::uuid END
     ORDER BY e.sequence / 10000000000 DESC, e.at DESC, e.chain DESC, e.sequence DESC
    """,
)


def parse_position(text: str) -> AuditPosition | None:
    """Return the position that a `next` names, None for an empty text, which is the beginning.

    Raises:
        BadCursor: it is not a `next` of this service.
    """
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None or int(match[2]) >= _CHAINS:
        raise BadCursor
    at = _EPOCH + timedelta(microseconds=int(match[1]))
    return AuditPosition(at=at, chain=int(match[2]), sequence=int(match[3]))


def _format_position(row: AuditRow) -> str:
    return f"{(row.at - _EPOCH) // timedelta(microseconds=1)}.{row.chain}.{row.sequence}"


def _get_first_number(months: int) -> int:
    """Return the number with which a month begins, the month as a count since 2000."""
    return (months // 12 * 100 + months % 12 + 1) * _OF_A_MONTH


def _list_windows(before: AuditPosition | None, now: datetime) -> Iterator[_Window]:
    """Yield the windows of months in which entries are looked for, latest first: this month, or that of the position.

    The first window begins with this month and has no end, so that it need not be that of the database server.
    """
    if before is None:
        months = (now.year - 2000) * 12 + now.month - 1
        end = _get_first_number(max(months, 0))
        yield _Window(first_number=end, end_number=_MAX_NUMBER)
    else:
        digits = f"{before.sequence:014d}"
        months = int(digits[:-12]) * 12 + int(digits[-12:-10]) - 1
        end = _get_first_number(max(months, 0))
        yield _Window(
            first_number=end, end_number=_get_first_number(months + 1), before_at=before.at, before_chain=before.chain,
            before_number=before.sequence,
        )  # fmt: skip
    for window in _WINDOWS:
        months -= window
        if months > 0:
            yield _Window(first_number=_get_first_number(months), end_number=end)
            end = _get_first_number(months)
    yield _Window(first_number=0, end_number=end)


async def list_entries(
    conn: Connection,
    county: str,
    *,
    kind: str,
    day: date | None,
    most: int,
    before: AuditPosition | None = None,
    now: datetime,
) -> Page[AuditRow]:
    """Return at most `most` entries of a county, newest first: of its months, files and settings, leads, and officials.

    `kind` is county, cycle, lead, account, or empty for all; `day` is a business day, or None. Entries are ordered by
    the month of their number and then by time; a page reads months until it is full, in at most seven statements. The
    caller checks who may read, and that the transaction sees the county.
    """
    first = get_day_start(day) if day else _EPOCH
    until = get_day_start(day + timedelta(days=1)) if day else _LATEST
    rows: list[AuditRow] = []
    for window in _list_windows(before, now):
        rows += await LIST_ENTRIES.all(
            conn,
            county=county,
            kind=kind,
            first=first,
            until=until,
            most=most + 1 - len(rows),
            **structs.asdict(window),
        )
        if len(rows) > most:
            break
    return make_page(rows, most, _format_position)
