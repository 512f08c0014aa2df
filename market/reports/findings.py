"""Findings with their evidence, lines and decisions."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.reports.changed_facts import FactChange, list_fact_changes
from market.subsidies.line_codes import show_lines

MAX_PAGE_SIZE = 50
MAX_LINES_SHOWN = 10


class FindingView(Struct, frozen=True, kw_only=True):
    """A finding; `verdicts` has the order of `lines`, and an undecided verdict is empty.

    With `evidence_changed` the check does not find it any more, or not for all its lines, because facts were changed:
    `changes` lists them.
    """

    id: UUID
    month: date
    check: str
    subject: str
    stops: bool
    at_risk_fen: Fen
    evidence: str
    state: str
    opened_at: datetime
    lines: list[str]
    verdicts: list[str]
    villages: list[str]
    evidence_changed: bool
    facts_at: datetime
    changes: list[FactChange] = []


class DecisionView(Struct, frozen=True):
    """A decision on a finding."""

    finding_id: UUID
    by: str
    pays: list[str]
    stops: list[str]
    why: str
    decided_at: datetime


class FindingHousehold(Struct, frozen=True):
    """A household with a line of a finding."""

    finding_id: UUID
    household: str


class FindingLine(Struct, frozen=True, kw_only=True):
    """A line of a finding, as the run that saw it calculated it."""

    finding_id: UUID
    line: str
    operator: str
    household: str | None
    claimed_fen: Fen
    approved_fen: Fen


class OpenFindingCounts(Struct, frozen=True):
    """The undecided findings up to a month, and the sum at risk, in the divisions of the official."""

    stopping: int
    worksheets: int
    at_risk_fen: Fen


# A month has the findings that its checks saw first, and the open ones of other months that stop it. An official of
# part of the county sees those with lines of its villages in the run of their month.
LIST_FINDINGS = Query(
    FindingView,
    """
    SELECT f.id, c.month, f.check_code AS "check", f.subject, f.stops, f.at_risk_fen, f.evidence, f.state, f.opened_at,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code LIMIT 200) AS lines,
           ARRAY(SELECT coalesce(verdict, '') FROM finding_lines WHERE finding_id = f.id
                  ORDER BY line_code LIMIT 200) AS verdicts,
           ARRAY(SELECT DISTINCT d.name FROM finding_lines l
                   JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
                   JOIN divisions d ON d.code = r.village_code
                  WHERE l.finding_id = f.id ORDER BY d.name LIMIT 20) AS villages,
           f.seen_in = '{}' OR EXISTS (SELECT FROM finding_lines
                                        WHERE finding_id = f.id AND changed_after IS NOT NULL) AS evidence_changed,
           greatest(f.facts_at, (SELECT max(facts_at) FROM finding_lines WHERE finding_id = f.id AND verdict IS NULL))
               AS facts_at
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND c.county_code = :county AND f.state <> 'lapsed'
       AND (:month::date IS NULL OR c.month = :month
            OR (f.stops AND f.state = 'open'
                AND EXISTS (SELECT FROM cycle_findings a WHERE a.finding_id = f.id AND a.month = :month)))
       AND (:state::text = '' OR f.state = :state)
       AND (:checks::text[] IS NULL OR f.check_code = ANY(:checks))
       AND ((:township::text = '' AND :operator::text = '' AND :household::text = '')
            OR EXISTS (SELECT FROM finding_lines l
                         JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
                        WHERE l.finding_id = f.id AND (:operator = '' OR r.operator = :operator)
                          AND (:household = '' OR r.household_code = :household)
                          AND (:township = '' OR starts_with(r.village_code, :township))))
       AND (:ids::uuid[] IS NULL OR f.id = ANY(:ids))
       AND (EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE division = :county)
            OR EXISTS (SELECT FROM finding_lines l
                         JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
                         JOIN unnest(:divisions::text[]) AS division ON starts_with(r.village_code, division)
                        WHERE l.finding_id = f.id))
     ORDER BY f.state = 'open' DESC, f.stops DESC, f.at_risk_fen DESC, c.month DESC, f.id
     LIMIT :limit::integer + 1 OFFSET :skip::integer
    """,
)
LIST_FINDING_HOUSEHOLDS = Query(
    FindingHousehold,
    """
    SELECT DISTINCT l.finding_id, r.household_code AS household
      FROM findings f
      JOIN cycles c ON c.id = f.cycle_id
      JOIN finding_lines l ON l.finding_id = f.id
      JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
     WHERE f.county_code = :county AND f.id = ANY(:ids::uuid[]) AND r.household_code IS NOT NULL
     ORDER BY 1, 2
     LIMIT 2000
    """,
)
# The first lines of each finding, those at risk for most first.
LIST_FINDING_LINES = Query(
    FindingLine,
    """
    SELECT finding_id, line_code AS line, operator, household_code AS household, claimed_fen, approved_fen
      FROM (SELECT l.finding_id, l.line_code, r.operator, r.household_code, coalesce(r.claimed_fen, 0) AS claimed_fen,
                   r.approved_fen,
                   row_number() OVER (PARTITION BY l.finding_id
                                          ORDER BY r.claimed_fen DESC NULLS LAST, l.line_code) AS position
              FROM findings f
              JOIN cycles c ON c.id = f.cycle_id
              JOIN finding_lines l ON l.finding_id = f.id
              JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
             WHERE f.county_code = :county AND f.id = ANY(:ids::uuid[])) AS lines
     WHERE position <= :most
     ORDER BY finding_id, position
    """,
)
LIST_FINDING_DECISIONS = Query(
    DecisionView,
    """
    SELECT d.finding_id, a.name AS by, d.pays, d.stops, d.why, d.decided_at
      FROM finding_decisions d JOIN accounts a ON a.id = d.account_id
     WHERE d.county_code = :county AND d.finding_id = ANY(:ids::uuid[])
     ORDER BY d.decided_at, d.id
     LIMIT 1000
    """,
)
COUNT_OPEN_FINDINGS = Query(
    OpenFindingCounts,
    """
    SELECT count(*) FILTER (WHERE stops)::integer AS stopping, count(*) FILTER (WHERE NOT stops)::integer AS worksheets,
           coalesce(sum(at_risk_fen) FILTER (WHERE stops), 0)::bigint AS at_risk_fen
      FROM cycle_findings f
     WHERE f.county_code = :county AND f.month = :month AND f.state = 'open'
       AND (:county = ANY(:divisions::text[])
            OR EXISTS (SELECT FROM finding_lines l
                         JOIN run_lines r ON r.run_id = f.seen_run_id AND r.line_code = l.line_code
                         JOIN unnest(:divisions::text[]) AS division ON starts_with(r.village_code, division)
                        WHERE l.finding_id = f.finding_id))
    """,
)


async def list_findings(
    conn: Connection,
    county: str,
    divisions: Sequence[str],
    *,
    seal: Seal,
    month: date | None = None,
    state: str = "",
    checks: Sequence[str] | None = None,
    township: str = "",
    operator: str = "",
    household: str = "",
    ids: Sequence[UUID] | None = None,
    skip: int = 0,
    limit: int = MAX_PAGE_SIZE,
) -> tuple[list[FindingView], bool]:
    """Return at most 50 findings and whether there are more: open and stopping ones first, then by the sum at risk."""
    limit = min(limit, MAX_PAGE_SIZE)
    rows = await LIST_FINDINGS.all(
        conn,
        county=county,
        divisions=list(divisions),
        month=month,
        state=state,
        checks=None if checks is None else list(checks),
        township=township,
        operator=operator,
        household=household,
        ids=None if ids is None else list(ids),
        skip=min(skip, 100_000),
        limit=limit,
    )
    changes = await list_fact_changes(conn, seal, county, [each.id for each in rows if each.evidence_changed])
    items = [structs.replace(each, changes=changes.get(each.id, [])) for each in rows[:limit]]
    return await show_lines(conn, seal, items, "subject", "lines"), len(rows) > limit


async def list_finding_households(conn: Connection, county: str, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the households with a line of each finding."""
    by_finding: dict[UUID, list[str]] = {}
    for row in await LIST_FINDING_HOUSEHOLDS.all(conn, county=county, ids=list(ids)):
        by_finding.setdefault(row.finding_id, []).append(row.household)
    return by_finding


async def list_finding_lines(
    conn: Connection, seal: Seal, county: str, ids: Sequence[UUID]
) -> dict[UUID, list[FindingLine]]:
    """Return the first ten lines of each finding, by the sum that they claim."""
    by_finding: dict[UUID, list[FindingLine]] = {}
    rows = await LIST_FINDING_LINES.all(conn, county=county, ids=list(ids), most=MAX_LINES_SHOWN)
    for row in await show_lines(conn, seal, rows, "line"):
        by_finding.setdefault(row.finding_id, []).append(row)
    return by_finding


async def list_finding_decisions(
    conn: Connection, seal: Seal, county: str, ids: Sequence[UUID]
) -> dict[UUID, list[DecisionView]]:
    """Return the decisions on some findings, in chronological order."""
    by_finding: dict[UUID, list[DecisionView]] = {}
    stored = await LIST_FINDING_DECISIONS.all(conn, county=county, ids=list(ids))
    for decision in await show_lines(conn, seal, stored, "pays", "stops"):
        by_finding.setdefault(decision.finding_id, []).append(decision)
    return by_finding


async def count_open_findings(
    conn: Connection, county: str, divisions: Sequence[str], month: date
) -> OpenFindingCounts:
    """Count the undecided findings up to a month in the divisions of the official."""
    return await COUNT_OPEN_FINDINGS.one(conn, county=county, divisions=list(divisions), month=month)
