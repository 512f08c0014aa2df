"""The quarterly report (R15): users, sums conceded by operators, sums paid from public funds."""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_next_month, get_next_quarter
from market.places.counties.quarter_submissions import SentFigures
from market.subsidies.findings.record import list_suspect_lines
from market.subsidies.month.steps import CLOSE, UNSETTLED_STATES
from market.subsidies.names import Operator, ServiceKind

DUE_DAY = 20
"""The report is due on the 20th of the quarter's next month. Source: subsidy-rulebook, R15."""

MONTHS_OF_QUARTER = 3


class QuarterRow(Struct, frozen=True, kw_only=True):
    """The figures of an operator and service; `all` is the sum of the services, `total` that of the operators.

    A household with two operators counts once in the total, so households and persons do not add up.
    """

    operator: str
    kind: str
    users: int = 0
    new_users: int = 0
    households: int = 0
    persons: int = 0
    conceded_fen: Fen = Fen(0)
    public_fen: Fen = Fen(0)
    cumulative_users: int = 0
    cumulative_conceded_fen: Fen = Fen(0)
    cumulative_public_fen: Fen = Fen(0)


class QuarterReport(Struct, frozen=True):
    """A quarterly report, provisional until the cycles of its months are closed.

    `began` is the county's first month if that is the second or third of the quarter, else None.
    """

    quarter: str
    due_on: date
    provisional: bool
    rows: list[QuarterRow]
    began: date | None = None

    @property
    def last_day(self) -> date:
        """The last day of the quarter, whose members count as persons."""
        return self.due_on.replace(day=1) - timedelta(days=1)


class QuarterMonths(Struct, frozen=True):
    """How many months of a quarter are `final`: closed, or before the county's first; `began` as in `QuarterReport`."""

    final: int
    began: date | None


class _QuarterKey(Struct, frozen=True):
    operator: str
    kind: str


class _UserCounts(_QuarterKey, frozen=True):
    users: int
    new_users: int
    cumulative_users: int


class _HouseholdCounts(_QuarterKey, frozen=True):
    households: int
    persons: int


class _QuarterSums(_QuarterKey, frozen=True, kw_only=True):
    conceded_fen: Fen
    public_fen: Fen
    cumulative_conceded_fen: Fen
    cumulative_public_fen: Fen


# A user is a line that the latest run of a month funds and that no stopping finding blocks.
COUNT_USERS = Query(
    _UserCounts,
    """
    WITH latest AS (
        SELECT DISTINCT ON (c.id) c.month, r.id AS run_id
          FROM cycles c JOIN runs r ON r.cycle_id = c.id
         WHERE c.county_code = :county AND c.month < :until
         ORDER BY c.id, r.n DESC),
    held AS (SELECT DISTINCT month, line_code FROM withheld_lines WHERE county_code = :county AND month < :until),
    funded AS (
        SELECT q.month, l.line_code, l.operator, l.kind
          FROM latest q JOIN run_lines l ON l.run_id = q.run_id
         WHERE l.county_code = :county AND l.conceded_fen + l.public_fen > 0
           AND NOT EXISTS (SELECT FROM held b WHERE b.month = q.month AND b.line_code = l.line_code)
        UNION ALL
        SELECT NULL, line_code, operator, kind FROM openings
         WHERE county_code = :county AND conceded_fen + public_fen > 0),
    user_lines AS (
        SELECT line_code, operator, kind, bool_or(coalesce(month >= :first, false)) AS now,
               bool_or(month IS NULL OR month < :first) AS before
          FROM funded GROUP BY line_code, operator, kind)
    SELECT coalesce(operator, 'total') AS operator, coalesce(kind, 'all') AS kind,
           count(*) FILTER (WHERE now) AS users, count(*) FILTER (WHERE now AND NOT before) AS new_users,
           count(*) AS cumulative_users
      FROM user_lines
     GROUP BY GROUPING SETS ((operator, kind), (operator), (kind), ())
    """,
)
COUNT_HOUSEHOLDS = Query(
    _HouseholdCounts,
    """
    WITH latest AS (
        SELECT DISTINCT ON (c.id) c.month, r.id AS run_id
          FROM cycles c JOIN runs r ON r.cycle_id = c.id
         WHERE c.county_code = :county AND c.month >= :first AND c.month < :until
         ORDER BY c.id, r.n DESC),
    held AS (SELECT DISTINCT month, line_code FROM withheld_lines WHERE county_code = :county AND month < :until),
    homes AS (
        SELECT DISTINCT l.operator, l.kind, household
          FROM latest q JOIN run_lines l ON l.run_id = q.run_id
         CROSS JOIN unnest(l.payable_households) AS household
         WHERE l.county_code = :county AND l.conceded_fen + l.public_fen > 0
           AND NOT EXISTS (SELECT FROM held b WHERE b.month = q.month AND b.line_code = l.line_code))
    SELECT coalesce(operator, 'total') AS operator, coalesce(kind, 'all') AS kind,
           count(DISTINCT household) AS households, count(DISTINCT m.person_id) AS persons
      FROM homes
      LEFT JOIN memberships m ON m.county_code = :county AND m.household_code = household
                             AND m.valid_during @> :last_day::date
     GROUP BY GROUPING SETS ((operator, kind), (operator), (kind), ())
    """,
)
# Sums are the postings of the quarter's cycles; of an unsettled cycle, those it would make now, and without the upward
# adjustments of held lines, which its settlement takes back.
SUM_QUARTER = Query(
    _QuarterSums,
    """
    WITH unsettled AS (
        SELECT id, month, run_id FROM cycles
         WHERE county_code = :county AND month < :until
           AND state = ANY(:unsettled::text[])),
    held AS (SELECT DISTINCT month, line_code FROM withheld_lines WHERE county_code = :county AND month < :until),
    sums AS (
        SELECT p.operator, p.kind, c.month, p.conceded_fen, p.public_fen
          FROM subsidy_postings p JOIN cycles c ON c.id = p.cycle_id
         WHERE p.county_code = :county AND c.month < :until
        UNION ALL
        SELECT l.operator, l.kind, q.month, l.conceded_fen, l.public_fen
          FROM unsettled q JOIN run_lines l ON l.run_id = q.run_id
         WHERE l.county_code = :county
           AND NOT EXISTS (SELECT FROM held b WHERE b.month = q.month AND b.line_code = l.line_code)
        UNION ALL
        SELECT min(p.operator), min(p.kind), q.month, -sum(p.conceded_fen), -sum(p.public_fen)
          FROM unsettled q JOIN subsidy_postings p ON p.cycle_id = q.id
         WHERE p.county_code = :county AND p.for_month < q.month
           AND (p.line_code = ANY(:suspects::text[])
                OR EXISTS (SELECT FROM held b WHERE b.month = q.month AND b.line_code = p.line_code))
         GROUP BY q.month, p.line_code, p.for_month
        HAVING sum(p.conceded_fen + p.public_fen) > 0
        UNION ALL
        SELECT operator, kind, NULL, conceded_fen, public_fen FROM openings WHERE county_code = :county)
    SELECT coalesce(operator, 'total') AS operator, coalesce(kind, 'all') AS kind,
           coalesce(sum(conceded_fen) FILTER (WHERE month >= :first), 0)::bigint AS conceded_fen,
           coalesce(sum(public_fen) FILTER (WHERE month >= :first), 0)::bigint AS public_fen,
           coalesce(sum(conceded_fen), 0)::bigint AS cumulative_conceded_fen,
           coalesce(sum(public_fen), 0)::bigint AS cumulative_public_fen
      FROM sums
     GROUP BY GROUPING SETS ((operator, kind), (operator), (kind), ())
    """,
)
COUNT_FINAL_MONTHS = Query(
    QuarterMonths,
    """
    SELECT count(*) FILTER (WHERE c.state = :closed)::integer
           + coalesce(extract(month FROM age(b.began, :first::date)), 0)::integer AS final, b.began
      FROM (SELECT CASE WHEN min(month) > :first AND min(month) < :until THEN min(month) END AS began
              FROM cycles WHERE county_code = :county) AS b
      LEFT JOIN cycles c ON c.county_code = :county AND c.month >= :first AND c.month < :until
     GROUP BY b.began
    """,
)
_OPERATORS = (*Operator, "total")
_KINDS = (*ServiceKind, "all")


async def compute_quarter(conn: Connection, county: str, first: date, until: date) -> QuarterReport:
    """Return the report of the quarter from `first` until `until`, exclusive.

    Users come from the latest run of each month, sums from the postings. Source: subsidy-rulebook, R15.
    """
    days: dict[str, object] = {"county": county, "first": first, "until": until}
    users = _by_key(await COUNT_USERS.all(conn, **days))
    homes = _by_key(await COUNT_HOUSEHOLDS.all(conn, **days, last_day=until - timedelta(days=1)))
    suspects = sorted(await list_suspect_lines(conn, county))
    money = _by_key(await SUM_QUARTER.all(conn, **days, unsettled=UNSETTLED_STATES, suspects=suspects))
    rows: list[QuarterRow] = []
    for operator in _OPERATORS:
        for kind in _KINDS:
            part = (operator, kind)
            if part not in users and part not in money:
                continue
            who, home, sums = users.get(part), homes.get(part), money.get(part)
            rows.append(
                QuarterRow(
                    operator=operator,
                    kind=kind,
                    users=who.users if who else 0,
                    new_users=who.new_users if who else 0,
                    households=home.households if home else 0,
                    persons=home.persons if home else 0,
                    conceded_fen=sums.conceded_fen if sums else Fen(0),
                    public_fen=sums.public_fen if sums else Fen(0),
                    cumulative_users=who.cumulative_users if who else 0,
                    cumulative_conceded_fen=sums.cumulative_conceded_fen if sums else Fen(0),
                    cumulative_public_fen=sums.cumulative_public_fen if sums else Fen(0),
                )
            )
    months = await count_final_months(conn, county, first, until)
    name = f"{first.year}Q{(first.month + 2) // 3}"
    return QuarterReport(name, until.replace(day=DUE_DAY), months.final < MONTHS_OF_QUARTER, rows, months.began)


async def count_final_months(conn: Connection, county: str, first: date, until: date) -> QuarterMonths:
    """Return how many months of a quarter change no more, and in which the county began."""
    return await COUNT_FINAL_MONTHS.one(conn, county=county, first=first, until=until, closed=CLOSE.after)


async def compute_sent_figures(conn: Connection, county: str, first: date) -> SentFigures:
    """Return the total of a quarter's report as it is now, from the first day of the quarter."""
    until = get_next_quarter(first)
    report = await compute_quarter(conn, county, first, until)
    total = next((each for each in report.rows if (each.operator, each.kind) == ("total", "all")), None)
    return SentFigures(
        closed_months=(await count_final_months(conn, county, first, until)).final,
        users=total.users if total else 0,
        conceded_fen=total.conceded_fen if total else Fen(0),
        public_fen=total.public_fen if total else Fen(0),
    )


def _by_key[P: _QuarterKey](rows: Iterable[P]) -> dict[tuple[str, str], P]:
    return {(row.operator, row.kind): row for row in rows}


def list_quarter_months(first: date) -> list[date]:
    """Return the three months of a quarter."""
    second = get_next_month(first)
    return [first, second, get_next_month(second)]
