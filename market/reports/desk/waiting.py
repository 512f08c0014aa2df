"""What waits for an official: months at the official's stage, by role and place, each with its deadline."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from market.identity import Actor, Role
from market.kernel import Connection, Fen, Query
from market.kernel.clock import next_month
from market.reports.subsidies.quarter import DUE_DAY
from market.subsidies.models import Duty, State

STAGES: dict[State, tuple[Duty, Role]] = {
    State.OPEN: (Duty.IMPORT, Role.IMPORTER),
    State.CALCULATED: (Duty.VILLAGE, Role.VILLAGE),
    State.CONFIRMED: (Duty.TOWNSHIP, Role.TOWNSHIP),
    State.REVIEWED: (Duty.COUNTY, Role.COUNTY),
    State.DECIDED: (Duty.SETTLEMENT, Role.FINANCE),
    State.SETTLED: (Duty.RECONCILIATION, Role.RECONCILER),
    State.RECONCILED: (Duty.RECONCILIATION, Role.RECONCILER),
}
"""Whose turn it is while a month stands in a state."""


class OpenMonth(Struct, frozen=True, kw_only=True):
    """A month that is not closed; `held` is the official's own duty in it, if any; `left` its places not looked at.

    Sums and findings are those that the official sees.
    """

    month: date
    state: State
    held: Duty | None
    approved_fen: Fen
    lines: int
    operators: int
    left: int
    stopping: int
    at_risk_fen: Fen


OPEN_MONTHS = Query(
    OpenMonth,
    """
    SELECT c.month, c.state, (SELECT duty FROM cycle_duties WHERE cycle_id = c.id AND account_id = :account_id) AS held,
           s.approved_fen, s.lines, s.operators, v.left, f.stopping, f.at_risk_fen
      FROM cycles c
      CROSS JOIN LATERAL (
           SELECT coalesce(sum(r.approved_fen), 0)::bigint AS approved_fen, count(*)::integer AS lines,
                  count(DISTINCT r.operator)::integer AS operators
             FROM run_lines r
            WHERE r.run_id = c.run_id AND r.county_code = :county
              AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                           WHERE starts_with(coalesce(r.village_code, r.county_code), place)))) AS s
      CROSS JOIN LATERAL (
           SELECT count(*)::integer AS left
             FROM (SELECT DISTINCT village_code FROM run_lines
                    WHERE run_id = c.run_id AND county_code = :county AND village_code IS NOT NULL) AS villages
            WHERE EXISTS (SELECT FROM unnest(:places::text[]) AS place WHERE starts_with(village_code, place))
              AND NOT EXISTS (SELECT FROM cycle_approvals a
                               WHERE a.run_id = c.run_id AND a.county_code = :county
                                 AND starts_with(village_code, a.scope)
                                 AND a.duty = CASE c.state WHEN 'calculated' THEN 'village' ELSE 'township' END)) AS v
      CROSS JOIN LATERAL (
           SELECT count(*)::integer AS stopping, coalesce(sum(at_risk_fen), 0)::bigint AS at_risk_fen
             FROM findings f JOIN cycles o ON o.id = f.cycle_id
            WHERE f.county_code = :county AND f.stops AND f.state = 'open'
              AND (f.month = c.month OR (f.month IS NULL AND o.month <= c.month))
              AND (:county = ANY(:places::text[])
                   OR EXISTS (SELECT FROM finding_lines l
                                JOIN run_lines r ON r.run_id = o.run_id AND r.line_code = l.line_code
                                JOIN unnest(:places::text[]) AS place ON starts_with(r.village_code, place)
                               WHERE l.finding_id = f.id))) AS f
     WHERE c.county_code = :county AND c.state <> 'closed'
     ORDER BY c.month
     LIMIT 24
    """,
)


async def open_months(conn: Connection, actor: Actor, county: str, places: Sequence[str]) -> list[OpenMonth]:
    """Return the months that are not closed, the oldest first, with the official's own part in each."""
    return await OPEN_MONTHS.all(conn, county=county, account_id=actor.account_id, places=list(places))


def due_of(month: date) -> date:
    """Return by when a month is to be through: the report's day of the month after it.

    Source: subsidy-rulebook, R15: the quarter's report is due by the 20th of the first month after it, for which its
    last month must be closed; the others keep the same day.
    """
    return next_month(month).replace(day=DUE_DAY)


def quarter_due(day: date) -> tuple[date, date, date]:
    """Return the quarter whose report is due next on a day: its first day, the first day after it, and the due day."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    before = before.replace(month=before.month - 2)
    if day <= first.replace(day=DUE_DAY):
        return before, first, first.replace(day=DUE_DAY)
    after = next_month(next_month(next_month(first)))
    return first, after, after.replace(day=DUE_DAY)


def quarter_name(first: date) -> str:
    """Write a quarter: `2019Q1`."""
    return f"{first.year}Q{(first.month + 2) // 3}"
