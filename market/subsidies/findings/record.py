"""Record the findings that checks open, one per check and subject, and the lines that they block."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

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


# A verdict to pay is about the facts that its decision saw. It is asked for again when a run finds other evidence after
# a fact was replaced, or when the line was bound since to a person or a number that it was never bound to.
WITHDRAW_VERDICTS = Query(
    None,
    """
    WITH seen AS MATERIALIZED (
        SELECT f.id, f.county_code, r.evidence, r.at_risk_fen, f.evidence <> r.evidence AS other, fl.line_code,
               (SELECT max(decided_at) FROM finding_decisions d
                 WHERE d.finding_id = f.id AND fl.line_code = ANY(d.pays)) AS decided_at
          FROM jsonb_to_recordset(:rows::jsonb)
            AS r("check" text, subject text, at_risk_fen bigint, evidence text, stops boolean, monthly boolean)
          JOIN findings f ON f.county_code = :county AND f.check_code = r."check" AND f.subject = r.subject
                         AND f.month IS NOT DISTINCT FROM CASE WHEN r.monthly THEN :month::date END
                         AND f.state <> 'lapsed' AND f.stops
          JOIN finding_lines fl ON fl.finding_id = f.id AND fl.verdict = 'pay'),
    withdrawn AS (
        UPDATE finding_lines fl SET verdict = NULL
          FROM seen s
         WHERE fl.finding_id = s.id AND fl.line_code = s.line_code
           AND (s.other AND EXISTS (SELECT FROM list_replaced_facts(s.county_code, ARRAY[s.line_code], s.decided_at))
                OR EXISTS (SELECT FROM bindings b JOIN import_files i ON i.id = b.file_id
                            WHERE b.county_code = s.county_code AND b.line_code = s.line_code
                              AND i.imported_at > s.decided_at
                              AND NOT EXISTS (
                                  SELECT FROM bindings o LEFT JOIN import_files j ON j.id = o.file_id
                                   WHERE o.county_code = b.county_code AND o.line_code = b.line_code
                                     AND coalesce(j.imported_at <= s.decided_at, true)
                                     AND (o.identity_index, o.number_id) = (b.identity_index, b.number_id))
                              AND NOT EXISTS (
                                  SELECT FROM fact_versions v LEFT JOIN import_files j ON j.id = v.file_id
                                   WHERE v.county_code = b.county_code AND v.fact = 'bindings'
                                     AND v.subject = b.line_code AND coalesce(j.imported_at <= s.decided_at, true)
                                     AND v.facts ->> 'identity_index' = '\\x' || encode(b.identity_index, 'hex')
                                     AND (v.facts ->> 'number_id')::bigint = b.number_id)))
        RETURNING fl.finding_id, s.evidence, s.at_risk_fen)
    UPDATE findings f SET state = 'open', evidence = w.evidence, at_risk_fen = w.at_risk_fen
      FROM withdrawn w WHERE f.id = w.finding_id
    """,
)
# A finding is opened once and belongs to the earliest cycle that sees it, whichever ran first; a run of that cycle
# updates it, and a lapsed finding may reopen.
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
           opened_at = CASE findings.state WHEN 'lapsed' THEN excluded.opened_at ELSE findings.opened_at END,
           seen_in = CASE findings.state WHEN 'lapsed' THEN '{}' ELSE findings.seen_in END
     WHERE findings.cycle_id = excluded.cycle_id OR findings.state = 'lapsed'
        OR (findings.state = 'open' AND :month < ALL(findings.seen_in))
    RETURNING new.id, new.check_code AS "check", new.subject,
              (old.id IS NULL OR old.state = 'lapsed' OR old.cycle_id <> new.cycle_id) AS opened
    """,
)
MARK_SEEN = Query(
    UUID,
    """
    UPDATE findings f SET seen_in = array_remove(f.seen_in, :month) || :month::date, seen_at = :now
      FROM jsonb_to_recordset(:rows::jsonb) AS r("check" text, subject text, monthly boolean)
     WHERE f.county_code = :county AND f.check_code = r."check" AND f.subject = r.subject AND f.state <> 'lapsed'
       AND f.month IS NOT DISTINCT FROM CASE WHEN r.monthly THEN :month::date END
    RETURNING f.id
    """,
)
# A finding that no cycle sees any more lapses; one that a later cycle still sees moves there. A stopping one whose
# facts were changed since it was last seen stays open, seen in no month, until a person decides; so does one of a
# notice that the county has shortened since, and one of two counties: nobody here sees what the other one changed. With
# a subquery as its argument the function would be planned again for each finding.
LAPSE_FINDINGS = Query(
    None,
    """
    WITH unseen AS (
        SELECT id, array_remove(seen_in, :month) AS seen_in,
               array_remove(seen_in, :month) = '{}' AND stops AND (
                   check_code = 'enrolled_in_two_counties'
                   OR (check_code = 'enrolled_without_notice' AND EXISTS (
                       SELECT FROM county_settings s
                        WHERE s.county_code = f.county_code AND s.name = 'notice_days'
                          AND lower(s.valid_during) >= business_day(coalesce(f.seen_at, f.opened_at))))
                   OR EXISTS (
                       SELECT FROM list_replaced_facts(county_code, lines, coalesce(seen_at, opened_at)))) AS waits
          FROM findings f
         CROSS JOIN LATERAL (
               SELECT array_agg(line_code) AS lines FROM finding_lines WHERE finding_id = f.id) AS blocked
         WHERE county_code = :county AND state = 'open' AND :month::date = ANY(seen_in) AND NOT id = ANY(:kept::uuid[]))
    UPDATE findings f
       SET seen_in = u.seen_in,
           state = CASE WHEN u.seen_in = '{}' AND NOT u.waits THEN 'lapsed' ELSE state END,
           evidence = evidence || CASE WHEN u.waits THEN '；后来依据改了，现在查不出来' ELSE '' END,
           cycle_id = coalesce((SELECT id FROM cycles WHERE county_code = :county AND f.cycle_id = :cycle_id
                                   AND month = (SELECT min(seen) FROM unnest(u.seen_in) AS seen)),
                               cycle_id)
      FROM unseen u WHERE f.id = u.id
    """,
)
# The lines that are not found any more come first: what replaced their facts is looked up for each.
MARK_CHANGED_LINES = Query(
    None,
    """
    WITH gone AS MATERIALIZED (
        SELECT fl.finding_id, fl.line_code, f.county_code, coalesce(f.seen_at, f.opened_at) AS seen_at
          FROM finding_lines fl JOIN findings f ON f.id = fl.finding_id
         WHERE f.id = ANY(:kept::uuid[]) AND f.stops AND fl.verdict IS NULL AND fl.changed_after IS NULL
           AND NOT EXISTS (SELECT FROM jsonb_to_recordset(:rows::jsonb) AS r(finding uuid, line text)
                            WHERE r.finding = fl.finding_id AND r.line = fl.line_code))
    UPDATE finding_lines fl SET changed_after = gone.seen_at
      FROM gone
     WHERE gone.finding_id = fl.finding_id AND gone.line_code = fl.line_code
       AND EXISTS (SELECT FROM list_replaced_facts(gone.county_code, ARRAY[gone.line_code], gone.seen_at))
    """,
)
DELETE_FINDING_LINES = Query(
    None,
    """
    DELETE FROM finding_lines fl
     WHERE fl.finding_id = ANY(:kept::uuid[]) AND fl.verdict IS NULL AND fl.changed_after IS NULL
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
# An enrolment that was imported since a finding was opened, and that takes the place of the one that waits, waits with
# it: of the same person, of the household in the same programme, or with its number, card or device. Each has a join of
# its own, because conditions joined by OR are tried for each pair of rows.
ADD_SUCCESSOR_LINES = Query(
    None,
    """
    WITH waiting AS MATERIALIZED (
        SELECT f.id, f.opened_at, coalesce(f.seen_at, f.opened_at) AS seen_at, l.line_code
          FROM findings f
          JOIN finding_lines l ON l.finding_id = f.id AND l.verdict IS NULL
         WHERE f.county_code = :county AND f.state = 'open' AND f.stops AND f.month IS NULL
           AND (f.seen_in = '{}' OR l.changed_after IS NOT NULL)),
    enrolled AS MATERIALIZED (
        SELECT w.*, e.identity_index, e.programme_code, e.household_code
          FROM waiting w JOIN enrolments e ON e.county_code = :county AND e.line_code = w.line_code),
    bound AS MATERIALIZED (
        SELECT w.*, b.kind, b.number_id, b.sim_id, b.device_id
          FROM waiting w JOIN bindings b ON b.county_code = :county AND b.line_code = w.line_code
         UNION
        SELECT w.*, v.facts ->> 'kind', (v.facts ->> 'number_id')::bigint, (v.facts ->> 'sim_id')::bigint,
               (v.facts ->> 'device_id')::bigint
          FROM waiting w
          JOIN fact_versions v ON v.county_code = :county AND v.fact = 'bindings' AND v.subject = w.line_code),
    successors AS (
        SELECT w.id, w.opened_at, w.seen_at, s.line_code
          FROM enrolled w JOIN enrolments s ON s.county_code = :county AND s.identity_index = w.identity_index
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code
          FROM enrolled w JOIN enrolments s ON s.county_code = :county AND s.household_code = w.household_code
                                           AND s.programme_code = w.programme_code
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code
          FROM enrolled w
          JOIN households h ON h.county_code = :county AND h.split_from = w.household_code
          JOIN enrolments s ON s.county_code = :county AND s.household_code = h.code
                           AND s.programme_code = w.programme_code
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code
          FROM bound w
          JOIN bindings s ON s.county_code = :county AND s.number_id = w.number_id AND s.kind = w.kind
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code
          FROM bound w JOIN bindings s ON s.county_code = :county AND s.sim_id = w.sim_id
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code
          FROM bound w JOIN bindings s ON s.county_code = :county AND s.device_id = w.device_id)
    INSERT INTO finding_lines (finding_id, line_code, county_code, changed_after)
    SELECT DISTINCT ON (w.id, w.line_code) w.id, w.line_code, :county, w.seen_at
      FROM successors w
      JOIN enrolments s ON s.county_code = :county AND s.line_code = w.line_code
      JOIN import_files i ON i.id = s.file_id AND i.imported_at > w.opened_at
    ON CONFLICT ON CONSTRAINT finding_lines_unique DO NOTHING
    """,
)
LIST_BLOCKED_LINES = Query(
    str, "SELECT DISTINCT line_code FROM held_lines WHERE county_code = :county AND month = :month"
)
# The lines of findings that are not about a single month, whichever cycle saw them.
LIST_SUSPECT_LINES = Query(
    str,
    """
    SELECT DISTINCT l.line_code
      FROM finding_lines l
      JOIN findings f ON f.id = l.finding_id AND f.stops AND f.state <> 'lapsed' AND f.month IS NULL
     WHERE l.county_code = :county AND f.county_code = :county AND l.verdict IS DISTINCT FROM 'pay'
    """,
)


async def list_blocked_lines(conn: Connection, county: str, month: date) -> frozenset[str]:
    """Return the lines of a month blocked by a stopping finding that is open or decided against the line."""
    return frozenset(await LIST_BLOCKED_LINES.all(conn, county=county, month=month))


async def list_suspect_lines(conn: Connection, county: str) -> frozenset[str]:
    """Return the lines that a stopping finding holds in every open cycle, even if a later cycle saw it first."""
    return frozenset(await LIST_SUSPECT_LINES.all(conn, county=county))


async def record_findings(conn: Connection, cycle: Cycle, results: Sequence[CheckResult], *, now: datetime) -> int:
    """Update the cycle's findings to the results of its checks; return how many opened, moved or lapsed.

    A finding opened in an earlier cycle is not changed; one that a later cycle opened moves here. A stopping one
    that is not found any more because a fact was changed stays open, and holds the enrolment that takes the place of
    its own. A line that was decided to be paid is decided again once the facts behind the decision changed.
    """
    by_subject = {(each.check, each.subject): each for each in results}
    await WITHDRAW_VERDICTS.run(conn, county=cycle.county_code, month=cycle.month, rows=list(by_subject.values()))
    recorded = await UPSERT_FINDINGS.all(
        conn, county=cycle.county_code, cycle_id=cycle.id, month=cycle.month, rows=list(by_subject.values()), now=now
    )
    ids = [each.id for each in recorded]
    lines = [
        {"finding": each.id, "line": line} for each in recorded for line in by_subject[each.check, each.subject].lines
    ]
    await MARK_CHANGED_LINES.run(conn, kept=ids, rows=lines)
    await DELETE_FINDING_LINES.run(conn, kept=ids, rows=lines)
    await ADD_FINDING_LINES.run(conn, county=cycle.county_code, rows=lines)
    seen = await MARK_SEEN.all(
        conn, county=cycle.county_code, month=cycle.month, rows=list(by_subject.values()), now=now
    )
    lapsed = await LAPSE_FINDINGS.run(conn, county=cycle.county_code, cycle_id=cycle.id, month=cycle.month, kept=seen)
    await ADD_SUCCESSOR_LINES.run(conn, county=cycle.county_code)
    reopened = await REOPEN_FINDINGS.run(conn, kept=ids)
    return lapsed + reopened + sum(1 for each in recorded if each.opened)
