"""What a prefecture or a province sees of its counties: who is late, and the quarter's sums, rolled up.

The figures are those of the counties' quarterly reports (R15), computed again by the worker after a month changed; a
quarter whose months are not all closed is provisional. Nothing here belongs to a household.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import batched

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Fen, Query
from market.kernel.clock import get_next_quarter, get_previous_month, get_quarter_start
from market.kernel.division_codes import get_scope
from market.reports.open_data import publish_quarter
from market.reports.quarter import MONTHS_OF_QUARTER, QuarterReport, QuarterRow, compute_quarter, count_final_months
from market.reports.worklist import compute_due_day
from market.subsidies.models import CycleState
from payments.retries import run_each

log = structlog.get_logger()


class CountyProgress(Struct, frozen=True, kw_only=True):
    """A county of the region: its oldest open month and that month's state, and its sums of the quarter.

    `month` is None if every month up to the last one is closed, or if the county never opened one (`began` is None).
    `closed_months` of the quarter's three change no more; the months before the county's first are among them.
    `sent_on` is the day on which the report was sent in (报送), the last time; `changed_since`: its figures are others.
    """

    county: str
    name: str
    prefecture: str
    began: date | None
    month: date | None
    state: CycleState | None
    users: int
    households: int
    persons: int
    conceded_fen: Fen
    public_fen: Fen
    closed_months: int
    sent_on: date | None
    sent_by: str
    changed_since: bool

    def days_late(self, today: date) -> int:
        """The days since the open month was due, 0 if it is not late."""
        return max(0, (today - compute_due_day(self.month)).days) if self.month is not None else 0


class RegionSums(Struct, frozen=True, kw_only=True):
    """The sums of some counties; each household is of one county, so that counties add up."""

    name: str
    counties: int
    users: int
    households: int
    persons: int
    conceded_fen: Fen
    public_fen: Fen
    late: int
    provisional: bool


class _ChangedQuarter(Struct, frozen=True):
    county_code: str
    quarter: date


# The oldest month that is not closed, from the county's first one to the month before `month`; one that was never
# opened is open. A county that never opened a month has no progress.
LIST_COUNTIES = Query(
    CountyProgress,
    """
    SELECT d.county, d.name, p.name AS prefecture, m.began, o.month, o.state,
           coalesce(s.users, 0) AS users, coalesce(s.households, 0) AS households, coalesce(s.persons, 0) AS persons,
           coalesce(s.conceded_fen, 0) AS conceded_fen, coalesce(s.public_fen, 0) AS public_fen,
           coalesce(s.closed_months, CASE WHEN m.began >= :quarter::date + interval '3 months' THEN 3 ELSE 0 END)
             AS closed_months,
           r.sent_on, coalesce(r.by, '') AS sent_by,
           r.sent_on IS NOT NULL AND s.users IS NOT NULL
             AND (r.users, r.conceded_fen, r.public_fen) <> (s.users, s.conceded_fen, s.public_fen) AS changed_since
      FROM (SELECT truncate_code(code, 3) AS county, ancestor_code(code, 2) AS prefecture_code, name
              FROM divisions
             WHERE level = 3 AND starts_with(code, :scope)) AS d
      JOIN divisions p ON p.code = d.prefecture_code
      LEFT JOIN LATERAL (SELECT min(month) AS began FROM county_months WHERE county_code = d.county) AS m ON true
      LEFT JOIN LATERAL (
           SELECT wanted.month::date, coalesce(c.state, 'open') AS state
             FROM generate_series(m.began, :month::date - interval '1 month', interval '1 month') AS wanted (month)
             LEFT JOIN county_months c ON c.county_code = d.county AND c.month = wanted.month
            WHERE c.state IS DISTINCT FROM 'closed'
            ORDER BY wanted.month LIMIT 1) AS o ON true
      LEFT JOIN quarter_sums s
        ON s.county_code = d.county AND s.quarter = :quarter AND s.operator = 'total' AND s.kind = 'all'
      LEFT JOIN LATERAL (
           SELECT q.sent_on, q.users, q.conceded_fen, q.public_fen, a.name AS by
             FROM quarter_submissions q JOIN accounts a ON a.id = q.account_id
            WHERE q.county_code = d.county AND q.quarter = :quarter
            ORDER BY q.sent_on DESC LIMIT 1) AS r ON true
     ORDER BY d.county
     LIMIT 3000
    """,
)
LIST_OPERATORS = Query(
    QuarterRow,
    """
    SELECT operator, kind, sum(users)::integer AS users, sum(new_users)::integer AS new_users,
           sum(households)::integer AS households, sum(persons)::integer AS persons,
           sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen,
           sum(cumulative_users)::integer AS cumulative_users,
           sum(cumulative_conceded_fen)::bigint AS cumulative_conceded_fen,
           sum(cumulative_public_fen)::bigint AS cumulative_public_fen
      FROM quarter_sums
     WHERE quarter = :quarter AND starts_with(county_code, :scope)
     GROUP BY operator, kind
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom', 'total'], operator),
              array_position(ARRAY['mobile', 'broadband', 'television', 'all'], kind)
    """,
)
LIST_CHANGED_QUARTERS = Query(
    _ChangedQuarter, "SELECT county_code, quarter FROM list_changed_quarters(:limit::integer)"
)
DELETE_QUARTER_SUMS = Query(None, "DELETE FROM quarter_sums WHERE county_code = :county AND quarter = :quarter")
ADD_QUARTER_SUMS = Query(
    None,
    """
    INSERT INTO quarter_sums (county_code, quarter, operator, kind, users, new_users, households, persons, conceded_fen,
                              public_fen, cumulative_users, cumulative_conceded_fen, cumulative_public_fen,
                              closed_months, computed_at)
    SELECT :county, :quarter, operator, kind, users, new_users, households, persons, conceded_fen, public_fen,
           cumulative_users, cumulative_conceded_fen, cumulative_public_fen, :closed_months::smallint, :now
      FROM jsonb_populate_recordset(NULL::quarter_sums, :rows::jsonb)
    """,
)
GET_CLOCK = Query(datetime, "SELECT clock_timestamp()")
MAX_AT_ONCE = 50
_MAX_LISTED = 5_000


async def list_counties(conn: Connection, scope: str, *, quarter: date, today: date) -> list[CountyProgress]:
    """Return the counties of a province or prefecture with their progress and their sums of a quarter.

    `scope` is the code of the region, truncated to its level, which is also the scope of the caller's transaction;
    `quarter` is the first day of the quarter. One statement, at most 3,000 counties.
    """
    return await LIST_COUNTIES.all(conn, scope=get_scope(scope), quarter=quarter, month=today.replace(day=1))


async def list_operator_sums(conn: Connection, scope: str, *, quarter: date) -> list[QuarterRow]:
    """Return the quarter's sums of a region by operator and kind, as in the counties' reports."""
    return await LIST_OPERATORS.all(conn, scope=get_scope(scope), quarter=quarter)


def sum_counties(name: str, counties: Sequence[CountyProgress], *, today: date) -> RegionSums:
    """Return the sums of some counties."""
    began = [each for each in counties if each.began is not None]
    return RegionSums(
        name=name,
        counties=len(began),
        users=sum(each.users for each in began),
        households=sum(each.households for each in began),
        persons=sum(each.persons for each in began),
        conceded_fen=Fen(sum(each.conceded_fen for each in began)),
        public_fen=Fen(sum(each.public_fen for each in began)),
        late=sum(1 for each in began if each.days_late(today)),
        provisional=any(each.closed_months < MONTHS_OF_QUARTER for each in began),
    )


async def refresh_quarter(conn: Connection, county: str, quarter: date) -> QuarterReport:
    """Compute a county's quarter again, keep it, and publish it once it is closed.

    The caller's transaction has the scope of the county.
    """
    # Taken before the figures are read: a month that changes meanwhile is computed again.
    now = await GET_CLOCK.one(conn)
    until = get_next_quarter(quarter)
    report = await compute_quarter(conn, county, quarter, until)
    closed = (await count_final_months(conn, county, quarter, until)).final
    await publish_quarter(conn, county, quarter, until, closed=closed == MONTHS_OF_QUARTER)
    await DELETE_QUARTER_SUMS.run(conn, county=county, quarter=quarter)
    await ADD_QUARTER_SUMS.run(conn, county=county, quarter=quarter, rows=report.rows, closed_months=closed, now=now)
    return report


async def refresh_quarters(db: Database) -> int:
    """Compute the quarters again of which a month changed, each in a transaction of its own; return how many.

    At most 50 at once; the rest waits for the next call, and so does a quarter that failed, which takes no other's
    place.
    """
    async with db.connection() as conn:
        changed = await LIST_CHANGED_QUARTERS.all(conn, limit=_MAX_LISTED)
    computed = 0

    async def refresh(each: _ChangedQuarter) -> None:
        async with db.transaction(scope=each.county_code) as conn:
            await refresh_quarter(conn, each.county_code, each.quarter)

    async def fail(each: _ChangedQuarter, error: Exception) -> None:
        log.error("quarter_not_computed", county=each.county_code, quarter=str(each.quarter), exc_info=error)

    for some in batched(changed, MAX_AT_ONCE):
        computed += (await run_each(some, refresh, fail)).done
        if computed >= MAX_AT_ONCE:
            break
    return computed


def list_recent_quarters(today: date, count: int = 4) -> list[date]:
    """Return the first days of the last quarters, the present one first."""
    quarters = [get_quarter_start(today)]
    while len(quarters) < count:
        quarters.append(get_quarter_start(get_previous_month(quarters[-1])))
    return quarters
