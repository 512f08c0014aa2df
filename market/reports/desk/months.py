"""A month as its officials read it: sums by operator, who did what, reasons, tiers of the budget."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import days_in
from market.reports.desk.reasons import RECKONED, Reckoned, causes_of
from market.subsidies.cycles import Cycle
from market.subsidies.models import CycleId, State

MOST_MONTHS = 60


class SheetRow(Struct, frozen=True, kw_only=True):
    """The sums of some lines of a month; `operator` is `total` in the last row of a sheet."""

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


class MonthRow(Struct, frozen=True):
    """A month in the list of months."""

    month: date
    state: State
    lines: int
    claimed_fen: Fen
    over_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen


class MonthState(Struct, frozen=True):
    """A month and where it stands."""

    month: date
    state: State
    calculated: bool

    @property
    def name(self) -> str:
        """The month as it is written."""
        return f"{self.month:%Y-%m}"


class RunInfo(Struct, frozen=True):
    """The calculation that a month rests on, named by its two hashes."""

    n: int
    manifest_sha256: str
    result_sha256: str
    budget_fen: Fen | None
    ran_at: datetime
    by: str


class Event(Struct, frozen=True):
    """A move of the month."""

    state: State
    at: datetime
    by: str


class Holder(Struct, frozen=True):
    """Who holds which duty of the month (R14)."""

    account_id: UUID
    name: str
    duty: str
    taken_at: datetime


class Colleague(Struct, frozen=True):
    """An official who may take a stage: has its role in the county and no other duty of the month."""

    name: str


class _Reduced(Reckoned, frozen=True, kw_only=True):
    reasons: list[str]
    lines: int
    over_fen: Fen


class ReasonRow(Struct, frozen=True):
    """Lines that were reduced for one set of reasons; the reasons say why, none of them is just “reduced”."""

    reasons: list[str]
    lines: int
    over_fen: Fen


class TierRow(Struct, frozen=True):
    """What the public part of a tier needs of the budget, and what it got."""

    tier: int
    need_fen: Fen
    public_fen: Fen


class WaitingVillage(Struct, frozen=True):
    """A village of the month that nobody has confirmed yet."""

    code: str
    name: str


# Who sees a part of the county sees the lines at home there; a line of no village is the county's.
SHEET = Query(
    SheetRow,
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
       AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                    WHERE starts_with(coalesce(village_code, county_code), place)))
     GROUP BY operator
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator)
    """,
)
MONTHS = Query(
    MonthRow,
    """
    SELECT c.month, c.state, count(r.line_code)::integer AS lines,
           coalesce(sum(r.claimed_fen), 0)::bigint AS claimed_fen, coalesce(sum(r.over_fen), 0)::bigint AS over_fen,
           coalesce(sum(r.approved_fen), 0)::bigint AS approved_fen,
           coalesce(sum(r.conceded_fen), 0)::bigint AS conceded_fen,
           coalesce(sum(r.public_fen), 0)::bigint AS public_fen
      FROM (SELECT id, month, state, run_id FROM cycles
             WHERE county_code = :county AND month < :before ORDER BY month DESC LIMIT :most::integer) AS c
      LEFT JOIN run_lines r
        ON r.run_id = c.run_id AND r.county_code = :county
       AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                    WHERE starts_with(coalesce(r.village_code, r.county_code), place)))
     GROUP BY c.month, c.state
     ORDER BY c.month DESC
    """,
)
MONTH_STATES = Query(
    MonthState,
    """
    SELECT month, state, run_id IS NOT NULL AS calculated FROM cycles
     WHERE county_code = :county ORDER BY month DESC LIMIT :most
    """,
)
RUN_INFO = Query(
    RunInfo,
    """
    SELECT r.n, r.manifest_sha256, r.result_sha256, r.budget_fen, r.ran_at, a.name AS by
      FROM runs r JOIN accounts a ON a.id = r.account_id
     WHERE r.id = :run_id AND r.county_code = :county
    """,
)
EVENTS = Query(
    Event,
    """
    SELECT e.state, e.at, a.name AS by
      FROM cycle_events e JOIN accounts a ON a.id = e.account_id
     WHERE e.cycle_id = :cycle_id AND e.county_code = :county
     ORDER BY e.at, e.id
     LIMIT 200
    """,
)
HOLDERS = Query(
    Holder,
    """
    SELECT d.account_id, a.name, d.duty, d.taken_at
      FROM cycle_duties d JOIN accounts a ON a.id = d.account_id
     WHERE d.cycle_id = :cycle_id AND d.county_code = :county
     ORDER BY d.taken_at, a.name
     LIMIT 2000
    """,
)
WHO_MAY = Query(
    Colleague,
    """
    SELECT a.name
      FROM grants g
      JOIN accounts a ON a.id = g.account_id AND a.closed_at IS NULL
     WHERE g.role = :role AND g.valid_during @> :day::date
       AND (starts_with(:county, g.scope) OR starts_with(g.scope, :county))
       AND NOT EXISTS (SELECT FROM cycle_duties d
                        WHERE d.cycle_id = :cycle_id AND d.county_code = :county AND d.account_id = a.id
                          AND d.duty <> :duty)
     GROUP BY a.id, a.name
     ORDER BY max(length(g.scope)) DESC, a.name
     LIMIT 5
    """,
)
REASONS = Query(
    _Reduced,
    """
    SELECT reasons, part_of_month, above_whole, capped, not_on_first, count(*)::integer AS lines,
           sum(over_fen)::bigint AS over_fen
      FROM (SELECT r.reasons, r.over_fen,
    """
    + RECKONED
    + """
              FROM run_lines r
             WHERE run_id = :run_id AND county_code = :county AND over_fen > 0
               AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                            WHERE starts_with(coalesce(village_code, county_code), place)))) AS reduced
     GROUP BY reasons, part_of_month, above_whole, capped, not_on_first
     ORDER BY over_fen DESC, reasons
     LIMIT 1000
    """,
)
# A line has the tier of its household on its first payable day; a household's tier changes rarely within a month.
TIERS = Query(
    TierRow,
    """
    WITH standings AS (
        SELECT DISTINCT ON (household_code) household_code, tier
          FROM household_standings
         WHERE county_code = :county
         ORDER BY household_code, upper(valid_during) <= :month::date, valid_during)
    SELECT coalesce(s.tier, 1)::integer AS tier, sum(r.approved_fen - r.conceded_fen)::bigint AS need_fen,
           sum(r.public_fen)::bigint AS public_fen
      FROM run_lines r
      LEFT JOIN standings s ON s.household_code = coalesce(r.payable_households[1], r.household_code)
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.approved_fen > r.conceded_fen
     GROUP BY 1
     ORDER BY 1
     LIMIT 99
    """,
)
VILLAGES_WAITING = Query(
    WaitingVillage,
    """
    SELECT v.code, d.name
      FROM (SELECT DISTINCT village_code AS code FROM run_lines
             WHERE run_id = :run_id AND county_code = :county AND village_code IS NOT NULL) AS v
      JOIN divisions d ON d.code = v.code
     WHERE NOT EXISTS (SELECT FROM cycle_approvals a
                        WHERE a.run_id = :run_id AND a.county_code = :county AND a.duty = :duty
                          AND starts_with(v.code, a.scope))
       AND (:county = ANY(:places::text[])
            OR EXISTS (SELECT FROM unnest(:places::text[]) AS place WHERE starts_with(v.code, place)))
     ORDER BY v.code
     LIMIT 1000
    """,
)
COUNTY_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:county, 12, '0') AND level = 3")


def total(rows: Sequence[SheetRow]) -> SheetRow:
    """Return the row that closes a sheet: the sums of its rows."""
    sums: dict[str, object] = {
        name: sum(getattr(row, name) for row in rows) for name in SheetRow.__struct_fields__ if name != "operator"
    }
    return msgspec.convert({"operator": "total", **sums}, SheetRow)


async def sheet_of(conn: Connection, cycle: Cycle, places: Sequence[str]) -> list[SheetRow]:
    """Return a month's sums by operator, without their total; nothing before the month is calculated."""
    if cycle.run_id is None:
        return []
    return await SHEET.all(conn, run_id=cycle.run_id, county=cycle.county_code, places=list(places))


async def list_months(
    conn: Connection, county: str, places: Sequence[str], *, before: date = date.max, most: int = MOST_MONTHS
) -> list[MonthRow]:
    """Return a county's months with their sums, the latest before a day first, at most 60."""
    return await MONTHS.all(conn, county=county, places=list(places), before=before, most=min(most, MOST_MONTHS))


async def month_states(conn: Connection, county: str) -> list[MonthState]:
    """Return where a county's months stand, the latest first, at most 600; nothing is added up."""
    return await MONTH_STATES.all(conn, county=county, most=600)


async def run_info(conn: Connection, cycle: Cycle) -> RunInfo | None:
    """Return the calculation that the month rests on, None before there is one."""
    if cycle.run_id is None:
        return None
    return await RUN_INFO.maybe(conn, run_id=cycle.run_id, county=cycle.county_code)


async def events_of(conn: Connection, cycle: Cycle) -> list[Event]:
    """Return the moves of a month in their order."""
    return await EVENTS.all(conn, cycle_id=cycle.id, county=cycle.county_code)


async def holders_of(conn: Connection, cycle_id: CycleId, county: str) -> list[Holder]:
    """Return who holds which duty of a month."""
    return await HOLDERS.all(conn, cycle_id=cycle_id, county=county)


async def who_may(conn: Connection, cycle: Cycle, *, role: str, duty: str, day: date) -> list[str]:
    """Name up to five officials who may take a stage of the month, those of the nearest place first."""
    found = await WHO_MAY.all(conn, cycle_id=cycle.id, county=cycle.county_code, role=role, duty=duty, day=day)
    return [each.name for each in found]


async def reasons_of(conn: Connection, cycle: Cycle, places: Sequence[str]) -> list[ReasonRow]:
    """Return why claims of a month were reduced, by set of reasons, the largest sum first."""
    if cycle.run_id is None:
        return []
    rows = await REASONS.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        month_days=days_in(cycle.month),
        places=list(places),
    )
    sums: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in rows:
        causes = tuple(causes_of(row.reasons, row))
        lines, over_fen = sums.get(causes, (0, 0))
        sums[causes] = (lines + row.lines, over_fen + row.over_fen)
    found = [ReasonRow(list(causes), lines, Fen(over_fen)) for causes, (lines, over_fen) in sums.items()]
    return sorted(found, key=lambda row: (-row.over_fen, row.reasons))


async def tiers_of(conn: Connection, cycle: Cycle) -> list[TierRow]:
    """Return what each tier needs of the month's budget, and what it got."""
    if cycle.run_id is None:
        return []
    return await TIERS.all(conn, run_id=cycle.run_id, county=cycle.county_code, month=cycle.month)


async def villages_waiting(conn: Connection, cycle: Cycle, places: Sequence[str], *, duty: str) -> list[WaitingVillage]:
    """Return the villages that wait for a look at the month's run: `village` confirms, `township` reviews."""
    if cycle.run_id is None:
        return []
    return await VILLAGES_WAITING.all(
        conn, run_id=cycle.run_id, county=cycle.county_code, duty=duty, places=list(places)
    )


async def county_name(conn: Connection, county: str) -> str | None:
    """Return the name of a county, None where there is no such county."""
    return await COUNTY_NAME.maybe(conn, county=county)
