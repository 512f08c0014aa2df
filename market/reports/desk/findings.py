"""Findings as the desk shows them: evidence, lines, what was decided by whom and why."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query

MOST = 50


class FindingView(Struct, frozen=True, kw_only=True):
    """A finding; `lines` and `verdicts` are two lists in one order, a verdict is empty while nobody decided."""

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


class DecisionView(Struct, frozen=True):
    """What was decided of a finding."""

    finding_id: UUID
    by: str
    pays: list[str]
    stops: list[str]
    why: str
    decided_at: datetime


class OpenFindings(Struct, frozen=True):
    """How many findings wait up to a month, and what they put at risk, as far as the official sees."""

    stopping: int
    worksheets: int
    at_risk_fen: Fen


# An official of a part of the county sees a finding whose lines are at home there, in the run of its month.
FINDINGS = Query(
    FindingView,
    """
    SELECT f.id, c.month, f.check_code AS "check", f.subject, f.stops, f.at_risk_fen, f.evidence, f.state, f.opened_at,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code LIMIT 200) AS lines,
           ARRAY(SELECT coalesce(verdict, '') FROM finding_lines WHERE finding_id = f.id
                  ORDER BY line_code LIMIT 200) AS verdicts,
           ARRAY(SELECT DISTINCT d.name FROM finding_lines l
                   JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
                   JOIN divisions d ON d.code = r.village_code
                  WHERE l.finding_id = f.id ORDER BY d.name LIMIT 20) AS villages
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND c.county_code = :county AND f.state <> 'lapsed'
       AND (:month::date IS NULL OR c.month = :month)
       AND (:state::text = '' OR f.state = :state)
       AND (EXISTS (SELECT FROM unnest(:places::text[]) AS place WHERE place = :county)
            OR EXISTS (SELECT FROM finding_lines l
                         JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
                         JOIN unnest(:places::text[]) AS place ON starts_with(r.village_code, place)
                        WHERE l.finding_id = f.id))
     ORDER BY f.state = 'open' DESC, f.stops DESC, c.month DESC, f.at_risk_fen DESC, f.id
     LIMIT :most::integer + 1 OFFSET :skip::integer
    """,
)
DECISIONS = Query(
    DecisionView,
    """
    SELECT d.finding_id, a.name AS by, d.pays, d.stops, d.why, d.decided_at
      FROM finding_decisions d JOIN accounts a ON a.id = d.account_id
     WHERE d.county_code = :county AND d.finding_id = ANY(:ids::uuid[])
     ORDER BY d.decided_at, d.id
     LIMIT 1000
    """,
)
OPEN_FINDINGS = Query(
    OpenFindings,
    """
    SELECT count(*) FILTER (WHERE stops)::integer AS stopping, count(*) FILTER (WHERE NOT stops)::integer AS worksheets,
           coalesce(sum(at_risk_fen) FILTER (WHERE stops), 0)::bigint AS at_risk_fen
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND c.county_code = :county AND f.state = 'open'
       AND (f.month = :month OR (f.month IS NULL AND c.month <= :month))
       AND (:county = ANY(:places::text[])
            OR EXISTS (SELECT FROM finding_lines l
                         JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = l.line_code
                         JOIN unnest(:places::text[]) AS place ON starts_with(r.village_code, place)
                        WHERE l.finding_id = f.id))
    """,
)


async def list_findings(
    conn: Connection,
    county: str,
    places: Sequence[str],
    *,
    month: date | None = None,
    state: str = "",
    skip: int = 0,
    most: int = MOST,
) -> tuple[list[FindingView], bool]:
    """Return findings, open ones that stop a line first, and whether there are more; at most 50 at once."""
    most = min(most, MOST)
    rows = await FINDINGS.all(
        conn, county=county, places=list(places), month=month, state=state, skip=min(skip, 100_000), most=most
    )
    return rows[:most], len(rows) > most


async def decisions_of(conn: Connection, county: str, ids: Sequence[UUID]) -> dict[UUID, list[DecisionView]]:
    """Return what was decided of some findings, in order."""
    found: dict[UUID, list[DecisionView]] = {}
    for decision in await DECISIONS.all(conn, county=county, ids=list(ids)):
        found.setdefault(decision.finding_id, []).append(decision)
    return found


async def open_findings(conn: Connection, county: str, places: Sequence[str], month: date) -> OpenFindings:
    """Count the findings that the official sees and that wait for a decision up to a month."""
    return await OPEN_FINDINGS.one(conn, county=county, places=list(places), month=month)
