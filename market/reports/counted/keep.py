"""Keep the figures of closed months: counted once, read by every page, and equal to counting again."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import batched

import structlog
from msgspec import Struct, to_builtins

from market.kernel import Connection, Database, Query
from market.reports.counted.closings import CLOSED_AT
from market.reports.counted.models import FigureRow, MonthOfReport, count_figures
from market.reports.counted.reports import COUNTED_REPORTS
from payments.retries import run_each

log = structlog.get_logger()

MAX_AT_ONCE = 50
_MAX_LISTED = 5_000


class _ChangedMonth(Struct, frozen=True):
    county_code: str
    month: date


class KeptRow(FigureRow, frozen=True, kw_only=True):
    """A kept figure of a report in a village."""

    report: str


class FigureDifference(Struct, frozen=True, kw_only=True):
    """A figure that is kept otherwise than it is counted now; None where there is no such row."""

    report: str
    village: str
    key: str
    kept: int | None
    counted: int | None
    kept_fen: int | None
    counted_fen: int | None


LIST_CHANGED_MONTHS = Query(_ChangedMonth, "SELECT county_code, month FROM list_uncounted_months(:limit::integer)")
# Nothing of a month that is open, or was never opened.
FIND_CLOSING = Query(
    datetime,
    "SELECT" + CLOSED_AT + "FROM cycles c WHERE c.county_code = :county AND c.month = :month AND c.state = 'closed'",
)
LIST_KEPT = Query(
    KeptRow,
    """
    SELECT report, village_code AS village, key, n, fen FROM month_figures
     WHERE county_code = :county AND month = :month
     ORDER BY report, village_code, key
     LIMIT 200000
    """,
)
DELETE_KEPT = Query(None, "DELETE FROM counted_months WHERE county_code = :county AND month = :month")
ADD_COUNTED_MONTH = Query(
    None,
    """
    INSERT INTO counted_months (county_code, month, as_of, counted_at)
    VALUES (:county, :month, :as_of, clock_timestamp())
    """,
)
ADD_FIGURES = Query(
    None,
    """
    INSERT INTO month_figures (county_code, month, report, village_code, key, n, fen)
    SELECT :county, :month, report, village, key, n, fen
      FROM jsonb_to_recordset(:rows::jsonb) AS t (report text, village text, key text, n integer, fen bigint)
    """,
)


async def count_month(conn: Connection, month: MonthOfReport) -> list[KeptRow]:
    """Count every report of a month for the whole county."""
    rows: list[KeptRow] = []
    for report in COUNTED_REPORTS.values():
        counted = await count_figures(conn, report, month, [month.county])
        rows += [KeptRow(report=report.name, village=e.village, key=e.key, n=e.n, fen=e.fen) for e in counted]
    return sorted(rows, key=_get_key)


async def keep_month(conn: Connection, county: str, month: date) -> bool:
    """Count a closed month again and keep its figures; return False if it is not closed.

    The caller's transaction has the scope of the county.
    """
    as_of = await FIND_CLOSING.maybe(conn, county=county, month=month)
    if as_of is None:
        return False
    # Stamped before the figures are counted: what changes meanwhile is counted again.
    await DELETE_KEPT.run(conn, county=county, month=month)
    await ADD_COUNTED_MONTH.run(conn, county=county, month=month, as_of=as_of)
    rows = await count_month(conn, MonthOfReport(county=county, month=month, as_of=as_of))
    await ADD_FIGURES.run(conn, county=county, month=month, rows=to_builtins(rows))
    return True


async def compare_month(conn: Connection, county: str, month: date) -> list[FigureDifference] | None:
    """Compare the kept figures of a closed month with counting it again; None if it is not closed.

    A difference is a fact that was corrected after the closing, or a fault.
    """
    as_of = await FIND_CLOSING.maybe(conn, county=county, month=month)
    if as_of is None:
        return None
    kept = {_get_key(row): row for row in await LIST_KEPT.all(conn, county=county, month=month)}
    rows = await count_month(conn, MonthOfReport(county=county, month=month, as_of=as_of))
    counted = {_get_key(row): row for row in rows}
    return [
        _compare(key, kept.get(key), counted.get(key))
        for key in sorted(kept.keys() | counted.keys())
        if kept.get(key) != counted.get(key)
    ]


async def keep_closed_months(db: Database) -> int:
    """Count the months that were closed, or changed since they were counted; return how many, about 50 a call.

    Each is counted in a transaction of its own, and one that fails delays no other.
    """
    async with db.connection() as conn:
        changed = await LIST_CHANGED_MONTHS.all(conn, limit=_MAX_LISTED)
    counted = 0

    async def keep(each: _ChangedMonth) -> None:
        async with db.transaction(scope=each.county_code) as conn:
            await keep_month(conn, each.county_code, each.month)

    async def fail(each: _ChangedMonth, error: Exception) -> None:
        log.error("month_not_counted", county=each.county_code, month=str(each.month), exc_info=error)

    for some in batched(changed, MAX_AT_ONCE):
        counted += (await run_each(some, keep, fail)).done
        if counted >= MAX_AT_ONCE:
            break
    return counted


def _get_key(row: KeptRow) -> tuple[str, str, str]:
    return row.report, row.village, row.key


def _compare(key: Sequence[str], kept: KeptRow | None, counted: KeptRow | None) -> FigureDifference:
    report, village, name = key
    return FigureDifference(
        report=report,
        village=village,
        key=name,
        kept=kept.n if kept else None,
        counted=counted.n if counted else None,
        kept_fen=kept.fen if kept else None,
        counted_fen=counted.fen if counted else None,
    )
