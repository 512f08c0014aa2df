"""Figures of a month for its officials: sums by operator, events, duties, reductions, budget tiers."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.models import CycleId, CycleState
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import DUTY_ROLES, STEPS

MAX_MONTHS = 60


class OperatorSums(Struct, frozen=True, kw_only=True):
    """The sums of some lines of a month; `operator` is `total` in the total row."""

    operator: str
    lines: int
    claims: int
    users: int
    entitled_fen: Fen
    claimed_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    unfunded_fen: Fen


class MonthRow(Struct, frozen=True, kw_only=True):
    """A month in the list of months."""

    month: date
    state: CycleState
    lines: int
    claimed_fen: Fen
    over_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen


class MonthStatus(Struct, frozen=True):
    """A month and its state."""

    month: date
    state: CycleState
    calculated: bool

    @property
    def name(self) -> str:
        """The month as `2019-01`."""
        return f"{self.month:%Y-%m}"


class RunSummary(Struct, frozen=True):
    """The run that a month uses, identified by its two hashes."""

    n: int
    manifest_sha256: str
    result_sha256: str
    budget_fen: Fen | None
    ran_at: datetime
    by: str


class MonthEvent(Struct, frozen=True):
    """A change of the month's state; `by` also names whom a deputy stood in for.

    With `returned` the official did not take the step of the state, but returned the month to it.
    """

    state: CycleState
    at: datetime
    returned: bool
    by: str


class MonthOpinion(Struct, frozen=True):
    """What an official wrote with a step, or why the month was returned to a state."""

    state: CycleState
    returned: bool
    opinion: str
    by: str
    at: datetime


class DutyHolder(Struct, frozen=True):
    """The official who has a duty of the month (R14); the name also says whom a deputy stood in for."""

    account_id: UUID
    name: str
    duty: str
    taken_at: datetime


class EligibleOfficial(Struct, frozen=True):
    """An official who may take a stage: has its role in the county and no other duty of the month."""

    name: str


class ReasonRow(Struct, frozen=True):
    """Lines reduced for one set of reasons; the causes replace `REDUCED` itself."""

    reasons: list[str]
    lines: int
    over_fen: Fen


class TierRow(Struct, frozen=True, kw_only=True):
    """The public sum that a budget tier needs, and the sum it gets."""

    tier: int
    need_fen: Fen
    public_fen: Fen


class PendingVillage(Struct, frozen=True):
    """A village of the month that is not yet confirmed or reviewed."""

    code: str
    name: str


# An official of part of the county sees the lines of its villages; lines without a village need the whole county.
SUM_BY_OPERATOR = Query(
    OperatorSums,
    """
    SELECT operator, count(*)::integer AS lines, count(claimed_fen)::integer AS claims,
           count(*) FILTER (WHERE conceded_fen + public_fen > 0)::integer AS users,
           sum(entitled_fen)::bigint AS entitled_fen, coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen,
           sum(approved_fen)::bigint AS approved_fen, sum(over_fen)::bigint AS over_fen,
           sum(under_fen)::bigint AS under_fen, sum(conceded_fen)::bigint AS conceded_fen,
           sum(public_fen)::bigint AS public_fen,
           sum(approved_fen - conceded_fen - public_fen)::bigint AS unfunded_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(village_code, county_code), division)))
     GROUP BY operator
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator)
    """,
)
LIST_MONTHS = Query(
    MonthRow,
    """
    SELECT c.month, c.state, count(r.line_code)::integer AS lines,
           coalesce(sum(r.claimed_fen), 0)::bigint AS claimed_fen, coalesce(sum(r.over_fen), 0)::bigint AS over_fen,
           coalesce(sum(r.approved_fen), 0)::bigint AS approved_fen,
           coalesce(sum(r.conceded_fen), 0)::bigint AS conceded_fen,
           coalesce(sum(r.public_fen), 0)::bigint AS public_fen
      FROM (SELECT id, month, state, run_id FROM cycles
             WHERE county_code = :county AND month < :before ORDER BY month DESC LIMIT :limit::integer) AS c
      LEFT JOIN run_lines r
        ON r.run_id = c.run_id AND r.county_code = :county
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(r.village_code, r.county_code), division)))
     GROUP BY c.month, c.state
     ORDER BY c.month DESC
    """,
)
LIST_MONTH_STATUSES = Query(
    MonthStatus,
    """
    SELECT month, state, run_id IS NOT NULL AS calculated FROM cycles
     WHERE county_code = :county ORDER BY month DESC LIMIT :limit
    """,
)
GET_RUN_SUMMARY = Query(
    RunSummary,
    """
    SELECT r.n, r.manifest_sha256, r.result_sha256, r.budget_fen, r.ran_at, a.name AS by
      FROM runs r JOIN accounts a ON a.id = r.account_id
     WHERE r.id = :run_id AND r.county_code = :county
    """,
)
LIST_MONTH_EVENTS = Query(
    MonthEvent,
    """
    SELECT e.state, e.at, e.returned, get_name_in_duty(e.account_id, :roles::jsonb ->> e.state, :county, e.at) AS by
      FROM cycle_events e
     WHERE e.cycle_id = :cycle_id AND e.county_code = :county
     ORDER BY e.at, e.id
     LIMIT 200
    """,
)
# The opinion of a division's approval stands with the state that the approvals lead to.
LIST_MONTH_OPINIONS = Query(
    MonthOpinion,
    """
    SELECT o.state, o.returned, o.opinion, a.name AS by, o.at
      FROM (SELECT state, returned, opinion, account_id, at FROM cycle_events
             WHERE cycle_id = :cycle_id AND county_code = :county AND opinion <> ''
            UNION
            SELECT CASE duty WHEN 'village' THEN 'confirmed' ELSE 'reviewed' END, false, opinion, account_id,
                   approved_at
              FROM cycle_approvals WHERE cycle_id = :cycle_id AND county_code = :county AND opinion <> '') AS o
      JOIN accounts a ON a.id = o.account_id
     ORDER BY o.at, o.state
     LIMIT 200
    """,
)
LIST_DUTY_HOLDERS = Query(
    DutyHolder,
    """
    SELECT d.account_id, get_name_in_duty(d.account_id, :roles::jsonb ->> d.duty, :county, d.taken_at) AS name, d.duty,
           d.taken_at
      FROM cycle_duties d
     WHERE d.cycle_id = :cycle_id AND d.county_code = :county
     ORDER BY d.taken_at, name
     LIMIT 2000
    """,
)
LIST_ELIGIBLE_OFFICIALS = Query(
    EligibleOfficial,
    """
    SELECT a.name
      FROM grants g
      JOIN accounts a ON a.id = g.account_id AND a.closed_at IS NULL
     WHERE g.role = :role AND g.valid_during @> :day::date
       AND (starts_with(:county, g.scope) OR starts_with(g.scope, :county))
       AND NOT EXISTS (SELECT FROM cycle_duties d
                        WHERE d.cycle_id = :cycle_id AND d.county_code = :county AND d.duty <> :duty
                          AND is_same_person(d.account_id, a.id))
     GROUP BY a.id, a.name
     ORDER BY max(length(g.scope)) DESC, a.name
     LIMIT 5
    """,
)
SUM_BY_REASON = Query(
    ReasonRow,
    """
    SELECT causes AS reasons, count(*)::integer AS lines, sum(over_fen)::bigint AS over_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND over_fen > 0
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(village_code, county_code), division)))
     GROUP BY causes
     ORDER BY sum(over_fen) DESC, causes
     LIMIT 1000
    """,
)
# A line has the tier of its household on its first payable day; a household's tier changes rarely within a month.
SUM_BY_TIER = Query(
    TierRow,
    """
    WITH statuses AS (
        SELECT DISTINCT ON (household_code) household_code, tier
          FROM household_statuses
         WHERE county_code = :county
         ORDER BY household_code, upper(valid_during) <= :month::date, valid_during)
    SELECT coalesce(s.tier, 1)::integer AS tier, sum(r.approved_fen - r.conceded_fen)::bigint AS need_fen,
           sum(r.public_fen)::bigint AS public_fen
      FROM run_lines r
      LEFT JOIN statuses s ON s.household_code = coalesce(r.payable_households[1], r.household_code)
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.approved_fen > r.conceded_fen
     GROUP BY 1
     ORDER BY 1
     LIMIT 99
    """,
)
LIST_PENDING_VILLAGES = Query(
    PendingVillage,
    """
    SELECT v.code, d.name
      FROM (SELECT DISTINCT village_code AS code FROM run_lines
             WHERE run_id = :run_id AND county_code = :county AND village_code IS NOT NULL) AS v
      JOIN divisions d ON d.code = v.code
     WHERE NOT EXISTS (SELECT FROM valid_approvals a
                        WHERE a.run_id = :run_id AND a.county_code = :county AND a.duty = :duty
                          AND starts_with(v.code, a.scope))
       AND (:county = ANY(:divisions::text[])
            OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(v.code, division)))
     ORDER BY v.code
     LIMIT 1000
    """,
)
GET_COUNTY_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:county, 12, '0') AND level = 3")


def compute_total(rows: Sequence[OperatorSums]) -> OperatorSums:
    """Return the total row of some rows."""
    sums: dict[str, object] = {
        name: sum(getattr(row, name) for row in rows) for name in OperatorSums.__struct_fields__ if name != "operator"
    }
    return msgspec.convert({"operator": "total", **sums}, OperatorSums)


async def sum_by_operator(conn: Connection, cycle: Cycle, divisions: Sequence[str]) -> list[OperatorSums]:
    """Return a month's sums by operator, without the total; empty before the month is calculated."""
    if cycle.run_id is None:
        return []
    return await SUM_BY_OPERATOR.all(conn, run_id=cycle.run_id, county=cycle.county_code, divisions=list(divisions))


async def list_months(
    conn: Connection, county: str, divisions: Sequence[str], *, before: date = date.max, limit: int = MAX_MONTHS
) -> list[MonthRow]:
    """Return a county's months before a day with their sums, latest first, at most 60."""
    return await LIST_MONTHS.all(
        conn, county=county, divisions=list(divisions), before=before, limit=min(limit, MAX_MONTHS)
    )


async def list_month_statuses(conn: Connection, county: str) -> list[MonthStatus]:
    """Return the states of a county's months, latest first, at most 600."""
    return await LIST_MONTH_STATUSES.all(conn, county=county, limit=600)


async def find_run_summary(conn: Connection, cycle: Cycle) -> RunSummary | None:
    """Return the run that the month uses, or None before the first run."""
    if cycle.run_id is None:
        return None
    return await GET_RUN_SUMMARY.maybe(conn, run_id=cycle.run_id, county=cycle.county_code)


async def list_month_events(conn: Connection, cycle: Cycle) -> list[MonthEvent]:
    """Return the state changes of a month in chronological order."""
    roles = {step.after: step.role for step in STEPS}
    return await LIST_MONTH_EVENTS.all(conn, cycle_id=cycle.id, county=cycle.county_code, roles=roles)


async def list_month_opinions(conn: Connection, cycle: Cycle) -> list[MonthOpinion]:
    """Return the opinions and returns of a month in chronological order."""
    return await LIST_MONTH_OPINIONS.all(conn, cycle_id=cycle.id, county=cycle.county_code)


async def list_duty_holders(conn: Connection, cycle_id: CycleId, county: str) -> list[DutyHolder]:
    """Return the officials who have duties of a month."""
    return await LIST_DUTY_HOLDERS.all(conn, cycle_id=cycle_id, county=county, roles=DUTY_ROLES)


async def list_eligible_officials(conn: Connection, cycle: Cycle, *, role: str, duty: str, day: date) -> list[str]:
    """Return the names of up to five officials who may take a step of the month, the most local first."""
    officials = await LIST_ELIGIBLE_OFFICIALS.all(
        conn, cycle_id=cycle.id, county=cycle.county_code, role=role, duty=duty, day=day
    )
    return [each.name for each in officials]


async def sum_by_reason(conn: Connection, cycle: Cycle, divisions: Sequence[str]) -> list[ReasonRow]:
    """Return the reductions of a month by set of reasons, the largest sum first."""
    if cycle.run_id is None:
        return []
    return await SUM_BY_REASON.all(conn, run_id=cycle.run_id, county=cycle.county_code, divisions=list(divisions))


async def sum_by_tier(conn: Connection, cycle: Cycle) -> list[TierRow]:
    """Return what each tier needs and gets from the month's budget."""
    if cycle.run_id is None:
        return []
    return await SUM_BY_TIER.all(conn, run_id=cycle.run_id, county=cycle.county_code, month=cycle.month)


async def list_pending_villages(
    conn: Connection, cycle: Cycle, divisions: Sequence[str], *, duty: str
) -> list[PendingVillage]:
    """Return the villages that `duty` has not approved in the month's run: `village` confirms, `township` reviews."""
    if cycle.run_id is None:
        return []
    return await LIST_PENDING_VILLAGES.all(
        conn, run_id=cycle.run_id, county=cycle.county_code, duty=duty, divisions=list(divisions)
    )


async def find_county_name(conn: Connection, county: str) -> str | None:
    """Return the name of a county, or None if it does not exist."""
    return await GET_COUNTY_NAME.maybe(conn, county=county)
