"""An official's worklist: open months with the step that is due, and their deadlines."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_next_month, get_next_quarter, get_previous_month, get_quarter_start
from market.people.identity.models import Actor
from market.reports.quarter import DUE_DAY
from market.subsidies.models import CycleState, Duty
from market.subsidies.month.steps import CLOSE, STEPS


class OpenMonth(Struct, frozen=True, kw_only=True):
    """An open month; `own_duty` is the official's duty in it, `left` the number of villages not yet approved.

    Sums and findings are those of the official's divisions.
    """

    month: date
    state: CycleState
    own_duty: Duty | None
    approved_fen: Fen
    lines: int
    operators: int
    left: int
    stopping: int
    at_risk_fen: Fen


LIST_OPEN_MONTHS = Query(
    OpenMonth,
    """
    SELECT c.month, c.state,
           (SELECT duty FROM cycle_duties
             WHERE cycle_id = c.id AND is_same_person(account_id, :account_id) LIMIT 1) AS own_duty,
           s.approved_fen, s.lines, s.operators, v.left, f.stopping, f.at_risk_fen
      FROM cycles c
      CROSS JOIN LATERAL (
           SELECT coalesce(sum(r.approved_fen), 0)::bigint AS approved_fen, count(*)::integer AS lines,
                  count(DISTINCT r.operator)::integer AS operators
             FROM run_lines r
            WHERE r.run_id = c.run_id AND r.county_code = :county
              AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                           WHERE starts_with(coalesce(r.village_code, r.county_code), division)))) AS s
      CROSS JOIN LATERAL (
           SELECT count(*)::integer AS left
             FROM (SELECT DISTINCT village_code FROM run_lines
                    WHERE run_id = c.run_id AND county_code = :county AND village_code IS NOT NULL) AS villages
            WHERE EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(village_code, division))
              AND NOT EXISTS (SELECT FROM valid_approvals a
                               WHERE a.run_id = c.run_id AND a.county_code = :county
                                 AND starts_with(village_code, a.scope)
                                 AND a.duty = :duties::jsonb ->> c.state)) AS v
      CROSS JOIN LATERAL (
           SELECT count(*)::integer AS stopping, coalesce(sum(at_risk_fen), 0)::bigint AS at_risk_fen
             FROM cycle_findings f
            WHERE f.cycle_id = c.id AND f.stops AND f.state = 'open'
              AND (:county = ANY(:divisions::text[])
                   OR EXISTS (SELECT FROM finding_lines l
                                JOIN run_lines r ON r.run_id = f.seen_run_id AND r.line_code = l.line_code
                                JOIN unnest(:divisions::text[]) AS division ON starts_with(r.village_code, division)
                               WHERE l.finding_id = f.finding_id))) AS f
     WHERE c.county_code = :county AND c.state <> :closed
     ORDER BY c.month
     LIMIT 24
    """,
)


async def list_open_months(conn: Connection, actor: Actor, county: str, divisions: Sequence[str]) -> list[OpenMonth]:
    """Return the open months, oldest first, with the official's duty in each."""
    return await LIST_OPEN_MONTHS.all(
        conn,
        county=county,
        account_id=actor.account_id,
        divisions=list(divisions),
        duties={step.before: step.duty for step in STEPS if step.by_division},
        closed=CLOSE.after,
    )


def compute_due_day(month: date) -> date:
    """Return the due day of a month: the report's day in the next month.

    Source: subsidy-rulebook, R15: the quarterly report is due by the 20th of the first month after the quarter, and the
    quarter's last month must be closed for it; the other months have the same due day.
    """
    return get_next_month(month).replace(day=DUE_DAY)


def find_next_due_quarter(day: date) -> tuple[date, date, date]:
    """Return the quarter whose report is due next: its first day, the first day after it, and the due day."""
    first = get_quarter_start(day)
    before = get_quarter_start(get_previous_month(first))
    if day <= first.replace(day=DUE_DAY):
        return before, first, first.replace(day=DUE_DAY)
    after = get_next_quarter(first)
    return first, after, after.replace(day=DUE_DAY)


def format_quarter(first: date) -> str:
    """Return a quarter as `2019Q1`."""
    return f"{first.year}Q{(first.month + 2) // 3}"
