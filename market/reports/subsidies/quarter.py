"""The quarter's report (R15): who gained, what operators conceded, what public money paid."""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import next_month
from market.subsidies.words import Kind, Operator

DUE_DAY = 20
"""The report is due on the 20th of the quarter's next month. Source: subsidy-rulebook, R15."""


class QuarterRow(Struct, frozen=True, kw_only=True):
    """An operator and kind; `all` sums an operator's kinds, `total` the operators.

    A household with two operators counts once in the total, so households and persons are not the sum of the rows.
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


class Quarter(Struct, frozen=True):
    """A quarter's report; provisional while a cycle of its months is not closed."""

    quarter: str
    due_on: date
    provisional: bool
    rows: list[QuarterRow]


class _Part(Struct, frozen=True):
    operator: str
    kind: str


class _Users(_Part, frozen=True):
    users: int
    new_users: int
    cumulative_users: int


class _Homes(_Part, frozen=True):
    households: int
    persons: int


class _Money(_Part, frozen=True):
    conceded_fen: Fen
    public_fen: Fen
    cumulative_conceded_fen: Fen
    cumulative_public_fen: Fen


# A user is a line funded in a month by its latest calculation, and not held by a stopping finding.
USERS = Query(
    _Users,
    """
    WITH latest AS (
        SELECT DISTINCT ON (c.id) c.month, r.id AS run_id
          FROM cycles c JOIN runs r ON r.cycle_id = c.id
         WHERE c.county_code = :county AND c.month < :until
         ORDER BY c.id, r.n DESC),
    held AS (
        SELECT DISTINCT q.month, fl.line_code
          FROM latest q
          JOIN findings f ON f.county_code = :county AND f.stops AND f.state <> 'lapsed'
          JOIN cycles c ON c.id = f.cycle_id AND (f.month = q.month OR (f.month IS NULL AND c.month <= q.month))
          JOIN finding_lines fl ON fl.finding_id = f.id AND fl.verdict IS DISTINCT FROM 'pay'),
    funded AS (
        SELECT q.month, l.line_code, l.operator, l.kind
          FROM latest q JOIN run_lines l ON l.run_id = q.run_id
         WHERE l.county_code = :county AND l.conceded_fen + l.public_fen > 0
           AND NOT EXISTS (SELECT FROM held h WHERE h.month = q.month AND h.line_code = l.line_code)
        UNION ALL
        SELECT NULL, line_code, operator, kind FROM openings
         WHERE county_code = :county AND conceded_fen + public_fen > 0),
    lines_of AS (
        SELECT line_code, operator, kind, bool_or(coalesce(month >= :first, false)) AS now,
               bool_or(month IS NULL OR month < :first) AS before
          FROM funded GROUP BY line_code, operator, kind)
    SELECT coalesce(operator, 'total') AS operator, coalesce(kind, 'all') AS kind,
           count(*) FILTER (WHERE now) AS users, count(*) FILTER (WHERE now AND NOT before) AS new_users,
           count(*) AS cumulative_users
      FROM lines_of
     GROUP BY GROUPING SETS ((operator, kind), (operator), (kind), ())
    """,
)
HOMES = Query(
    _Homes,
    """
    WITH latest AS (
        SELECT DISTINCT ON (c.id) c.month, r.id AS run_id
          FROM cycles c JOIN runs r ON r.cycle_id = c.id
         WHERE c.county_code = :county AND c.month >= :first AND c.month < :until
         ORDER BY c.id, r.n DESC),
    held AS (
        SELECT DISTINCT q.month, fl.line_code
          FROM latest q
          JOIN findings f ON f.county_code = :county AND f.stops AND f.state <> 'lapsed'
          JOIN cycles c ON c.id = f.cycle_id AND (f.month = q.month OR (f.month IS NULL AND c.month <= q.month))
          JOIN finding_lines fl ON fl.finding_id = f.id AND fl.verdict IS DISTINCT FROM 'pay'),
    homes AS (
        SELECT DISTINCT l.operator, l.kind, household
          FROM latest q JOIN run_lines l ON l.run_id = q.run_id
         CROSS JOIN unnest(l.payable_households) AS household
         WHERE l.county_code = :county AND l.conceded_fen + l.public_fen > 0
           AND NOT EXISTS (SELECT FROM held h WHERE h.month = q.month AND h.line_code = l.line_code))
    SELECT coalesce(operator, 'total') AS operator, coalesce(kind, 'all') AS kind,
           count(DISTINCT household) AS households, count(DISTINCT m.person_id) AS persons
      FROM homes
      LEFT JOIN memberships m ON m.county_code = :county AND m.household_code = household
                             AND m.valid_during @> :last_day::date
     GROUP BY GROUPING SETS ((operator, kind), (operator), (kind), ())
    """,
)
# Sums are the postings of the quarter's cycles; of one that is not settled, what it would post now.
MONEY = Query(
    _Money,
    """
    WITH unsettled AS (
        SELECT id, month, run_id FROM cycles
         WHERE county_code = :county AND month < :until
           AND state IN ('calculated', 'confirmed', 'reviewed', 'decided')),
    held AS (
        SELECT DISTINCT q.month, fl.line_code
          FROM unsettled q
          JOIN findings f ON f.county_code = :county AND f.stops AND f.state <> 'lapsed'
          JOIN cycles c ON c.id = f.cycle_id AND (f.month = q.month OR (f.month IS NULL AND c.month <= q.month))
          JOIN finding_lines fl ON fl.finding_id = f.id AND fl.verdict IS DISTINCT FROM 'pay'),
    sums AS (
        SELECT p.operator, p.kind, c.month, p.conceded_fen, p.public_fen
          FROM subsidy_postings p JOIN cycles c ON c.id = p.cycle_id
         WHERE p.county_code = :county AND c.month < :until
        UNION ALL
        SELECT l.operator, l.kind, q.month, l.conceded_fen, l.public_fen
          FROM unsettled q JOIN run_lines l ON l.run_id = q.run_id
         WHERE l.county_code = :county
           AND NOT EXISTS (SELECT FROM held h WHERE h.month = q.month AND h.line_code = l.line_code)
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
CLOSED_MONTHS = Query(
    int,
    """
    SELECT count(*) FROM cycles
     WHERE county_code = :county AND month >= :first AND month < :until AND state = 'closed'
    """,
)
_OPERATORS = (*Operator, "total")
_KINDS = (*Kind, "all")
_MONTHS = 3


async def quarter_of(conn: Connection, county: str, first: date, until: date) -> Quarter:
    """Return the report of the quarter from `first` until `until`, exclusive.

    Users look at a month's latest calculation, sums at the postings of the cycles. Source: subsidy-rulebook, R15.
    """
    days: dict[str, object] = {"county": county, "first": first, "until": until}
    users = _by_part(await USERS.all(conn, **days))
    homes = _by_part(await HOMES.all(conn, **days, last_day=until - timedelta(days=1)))
    money = _by_part(await MONEY.all(conn, **days))
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
    closed = await CLOSED_MONTHS.one(conn, **days)
    name = f"{first.year}Q{(first.month + 2) // 3}"
    return Quarter(name, until.replace(day=DUE_DAY), closed < _MONTHS, rows)


def _by_part[P: _Part](rows: Iterable[P]) -> dict[tuple[str, str], P]:
    return {(row.operator, row.kind): row for row in rows}


def months_of(first: date) -> list[date]:
    """Return the three months of a quarter."""
    second = next_month(first)
    return [first, second, next_month(second)]
