"""Record the findings that checks open, one per check and subject, and the lines that they block."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.models import FindingId
from market.subsidies.month.cycles import Cycle


class CheckResult(Struct, frozen=True):
    """The result of a check: its subject, the lines concerned, and the money at risk."""

    check: str
    subject: str
    lines: list[str]
    at_risk_fen: Fen
    evidence: str
    stops: bool
    monthly: bool


class _RecordedFinding(Struct, frozen=True):
    id: FindingId
    check: str
    subject: str
    opened: bool


# A finding is opened once; a new run in its cycle updates it, and a lapsed finding may reopen.
UPSERT_FINDINGS = Query(
    _RecordedFinding,
    """
    INSERT INTO findings (county_code, cycle_id, check_code, subject, month, stops, at_risk_fen, evidence, opened_at)
    SELECT :county, :cycle_id::uuid, "check", subject, CASE WHEN monthly THEN :month::date END, stops, at_risk_fen,
           evidence, :now::timestamptz
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r("check" text, subject text, at_risk_fen bigint, evidence text, stops boolean, monthly boolean)
    ON CONFLICT ON CONSTRAINT findings_unique DO UPDATE
       SET at_risk_fen = excluded.at_risk_fen, evidence = excluded.evidence, cycle_id = excluded.cycle_id,
           state = CASE findings.state WHEN 'lapsed' THEN 'open' ELSE findings.state END,
           opened_at = CASE findings.state WHEN 'lapsed' THEN excluded.opened_at ELSE findings.opened_at END
     WHERE findings.cycle_id = excluded.cycle_id OR findings.state = 'lapsed'
    RETURNING new.id, new.check_code AS "check", new.subject, (old.id IS NULL OR old.state = 'lapsed') AS opened
    """,
)
LAPSE_FINDINGS = Query(
    None,
    """
    UPDATE findings SET state = 'lapsed'
     WHERE cycle_id = :cycle_id AND state = 'open' AND NOT id = ANY(:kept::uuid[])
    """,
)
DELETE_FINDING_LINES = Query(
    None,
    """
    DELETE FROM finding_lines fl
     WHERE fl.finding_id = ANY(:kept::uuid[]) AND fl.verdict IS NULL
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset(:rows::jsonb) AS r(finding uuid, line text)
                        WHERE r.finding = fl.finding_id AND r.line = fl.line_code)
    """,
)
ADD_FINDING_LINES = Query(
    None,
    """
    INSERT INTO finding_lines (finding_id, line_code, county_code)
    SELECT finding, line, :county FROM jsonb_to_recordset(:rows::jsonb) AS r(finding uuid, line text)
    ON CONFLICT ON CONSTRAINT finding_lines_unique DO NOTHING
    """,
)
REOPEN_FINDINGS = Query(
    None,
    """
    UPDATE findings f SET state = 'open'
     WHERE f.id = ANY(:kept::uuid[]) AND f.state = 'decided'
       AND EXISTS (SELECT FROM finding_lines WHERE finding_id = f.id AND verdict IS NULL)
    """,
)
# A line is blocked from its finding's month on (only in that month for a monthly check) until it is decided to be paid.
LIST_BLOCKED_LINES = Query(
    str,
    """
    SELECT DISTINCT fl.line_code
      FROM finding_lines fl
      JOIN findings f ON f.id = fl.finding_id AND f.stops AND f.state <> 'lapsed'
      JOIN cycles c ON c.id = f.cycle_id
     WHERE fl.county_code = :county AND f.county_code = :county AND fl.verdict IS DISTINCT FROM 'pay'
       AND (f.month = :month OR (f.month IS NULL AND c.month <= :month))
    """,
)


async def list_blocked_lines(conn: Connection, county: str, month: date) -> frozenset[str]:
    """Return the lines of a month blocked by a stopping finding that is open or decided against the line."""
    return frozenset(await LIST_BLOCKED_LINES.all(conn, county=county, month=month))


async def record_findings(conn: Connection, cycle: Cycle, results: Sequence[CheckResult], *, now: datetime) -> int:
    """Update the cycle's findings to the results of its checks; return how many opened or lapsed.

    A finding opened in an earlier cycle is not changed.
    """
    by_subject = {(each.check, each.subject): each for each in results}
    recorded = await UPSERT_FINDINGS.all(
        conn, county=cycle.county_code, cycle_id=cycle.id, month=cycle.month, rows=list(by_subject.values()), now=now
    )
    ids = [each.id for each in recorded]
    lines = [
        {"finding": each.id, "line": line} for each in recorded for line in by_subject[each.check, each.subject].lines
    ]
    lapsed = await LAPSE_FINDINGS.run(conn, cycle_id=cycle.id, kept=ids)
    await DELETE_FINDING_LINES.run(conn, kept=ids, rows=lines)
    await ADD_FINDING_LINES.run(conn, county=cycle.county_code, rows=lines)
    reopened = await REOPEN_FINDINGS.run(conn, kept=ids)
    return lapsed + reopened + sum(1 for each in recorded if each.opened)
