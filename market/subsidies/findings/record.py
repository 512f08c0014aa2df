"""Record the findings that checks open, one per check and subject, and the lines that they block."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.models import FindingId
from market.subsidies.month.case_queries import PLAN_FOR_FEW
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


# A verdict to pay is about the evidence that its decision saw, and the facts of the run that found it, whenever it was
# given. It is asked for again when a run finds other evidence after a fact was replaced or added. What was billed and
# who is bound depend on the month, and their evidence names nothing else that does, so that other evidence of them is
# enough: it is of a month that nobody looked at. It is asked for again too when the application is another one since,
# or when the line was bound since to a person or a number that it was never bound to. The earliest version that was
# replaced since is the one that the decision saw.
WITHDRAW_VERDICTS = Query(
    None,
    """
    WITH seen AS MATERIALIZED (
        SELECT f.id, f.county_code, f.check_code, r.evidence, r.at_risk_fen, fl.line_code,
               NOT EXISTS (SELECT FROM finding_decisions d
                            WHERE d.finding_id = f.id AND fl.line_code = ANY(d.pays) AND d.evidence = r.evidence
                              AND NOT EXISTS (SELECT FROM finding_decisions later
                                               WHERE later.finding_id = f.id AND fl.line_code = ANY(later.stops)
                                                 AND later.decided_at > d.decided_at)) AS other,
               fl.facts_at
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
           AND (s.other AND (
                   s.check_code IN ('charge_below_plan', 'bound_to_another')
                   OR EXISTS (SELECT FROM list_replaced_facts(s.county_code, ARRAY[s.line_code], s.facts_at))
                   OR EXISTS (SELECT FROM list_added_facts(s.county_code, ARRAY[s.line_code], s.facts_at)))
                OR EXISTS (SELECT FROM enrolments e
                            CROSS JOIN LATERAL (
                                  SELECT v.facts FROM fact_versions v
                                   WHERE v.county_code = e.county_code AND v.fact = 'enrolments'
                                     AND v.subject = e.line_code AND v.replaced_at > s.facts_at
                                   ORDER BY v.replaced_at LIMIT 1) AS saw
                            CROSS JOIN (SELECT ARRAY['file_id', 'lead_id', 'identity_sealed', 'agent', 'assessor',
                                                     'agent_identity_index', 'agent_identity_sealed',
                                                     'assessor_identity_index', 'assessor_identity_sealed']
                                                  AS names) AS other
                            WHERE e.county_code = s.county_code AND e.line_code = s.line_code
                              AND saw.facts - other.names <> to_jsonb(e) - other.names)
                OR EXISTS (SELECT FROM bindings b JOIN import_files i ON i.id = b.file_id
                            WHERE b.county_code = s.county_code AND b.line_code = s.line_code
                              AND i.imported_at > s.facts_at
                              AND NOT EXISTS (
                                  SELECT FROM bindings o LEFT JOIN import_files j ON j.id = o.file_id
                                   WHERE o.county_code = b.county_code AND o.line_code = b.line_code
                                     AND coalesce(j.imported_at <= s.facts_at, true)
                                     AND (o.identity_index, o.number_id) = (b.identity_index, b.number_id))
                              AND NOT EXISTS (
                                  SELECT FROM fact_versions v LEFT JOIN import_files j ON j.id = v.file_id
                                   WHERE v.county_code = b.county_code AND v.fact = 'bindings'
                                     AND v.subject = b.line_code AND coalesce(j.imported_at <= s.facts_at, true)
                                     AND v.facts ->> 'identity_index' = '\\x' || encode(b.identity_index, 'hex')
                                     AND (v.facts ->> 'number_id')::bigint = b.number_id)))
        RETURNING fl.finding_id, s.evidence, s.at_risk_fen)
    UPDATE findings f
       SET state = 'open', evidence = w.evidence, at_risk_fen = w.at_risk_fen, facts_at = :facts_at::timestamptz
      FROM withdrawn w WHERE f.id = w.finding_id
    """,
)
# A finding is opened once and belongs to the earliest cycle that sees it, whichever ran first; a run of that cycle
# updates it, and a lapsed finding may reopen.
UPSERT_FINDINGS = Query(
    _RecordedFinding,
    """
    INSERT INTO findings (county_code, cycle_id, check_code, subject, month, stops, at_risk_fen, evidence, opened_at,
                          facts_at)
    SELECT :county, :cycle_id::uuid, "check", subject, CASE WHEN monthly THEN :month::date END, stops, at_risk_fen,
           evidence, :facts_at::timestamptz, :facts_at
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r("check" text, subject text, at_risk_fen bigint, evidence text, stops boolean, monthly boolean)
    ON CONFLICT ON CONSTRAINT findings_unique DO UPDATE
       SET at_risk_fen = excluded.at_risk_fen, evidence = excluded.evidence, cycle_id = excluded.cycle_id,
           facts_at = excluded.facts_at,
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
    UPDATE findings f SET seen_in = array_remove(f.seen_in, :month) || :month::date, seen_at = :facts_at
      FROM jsonb_to_recordset(:rows::jsonb) AS r("check" text, subject text, monthly boolean)
     WHERE f.county_code = :county AND f.check_code = r."check" AND f.subject = r.subject AND f.state <> 'lapsed'
       AND f.month IS NOT DISTINCT FROM CASE WHEN r.monthly THEN :month::date END
    RETURNING f.id
    """,
)
# A finding that no cycle sees any more lapses; one that a later cycle still sees moves there. A stopping one whose
# facts were changed or added since it was last seen, bills of the month included, stays open, seen in no month, until a
# person decides; so does one of a notice that the county or a programme has shortened since, one of two counties, as
# nobody here sees what the other one changed, and one of an agent who is the assessor, which rests on what stands in
# any enrolment and on the names of officials. With a subquery as its argument a function would be planned again for
# each finding.
LAPSE_FINDINGS = Query(
    None,
    """
    WITH unseen AS (
        SELECT id, array_remove(seen_in, :month) AS seen_in,
               array_remove(seen_in, :month) = '{}' AND stops AND (
                   check_code IN ('enrolled_in_two_counties', 'preparer_is_approver')
                   OR (check_code = 'enrolled_without_notice' AND EXISTS (
                       SELECT FROM county_settings s
                        WHERE s.county_code = f.county_code AND s.name = 'notice_days'
                          AND lower(s.valid_during) >= business_day(coalesce(f.seen_at, f.opened_at))
                       UNION ALL
                       SELECT FROM programme_checks s JOIN import_files i ON i.id = s.file_id
                        WHERE s.county_code = f.county_code AND s.check_code = f.check_code
                          AND i.imported_at > coalesce(f.seen_at, f.opened_at)
                       UNION ALL
                       SELECT FROM fact_versions v
                        WHERE v.county_code = f.county_code AND v.fact = 'programme_checks'
                          AND v.facts ->> 'check_code' = f.check_code
                          AND v.replaced_at > coalesce(f.seen_at, f.opened_at)))
                   OR EXISTS (SELECT FROM list_replaced_facts(county_code, lines, coalesce(seen_at, opened_at)))
                   OR EXISTS (SELECT FROM list_added_facts(county_code, lines, coalesce(seen_at, opened_at)))
                   OR EXISTS (
                       SELECT FROM list_added_claims(county_code, lines, :month, coalesce(seen_at, opened_at)))
               ) AS waits
          FROM findings f
         CROSS JOIN LATERAL (
               SELECT array_agg(line_code) AS lines FROM finding_lines WHERE finding_id = f.id) AS blocked
         WHERE county_code = :county AND state = 'open' AND :month::date = ANY(seen_in) AND NOT id = ANY(:kept::uuid[]))
    UPDATE findings f
       SET seen_in = u.seen_in,
           state = CASE WHEN u.seen_in = '{}' AND NOT u.waits THEN 'lapsed' ELSE state END,
           evidence = evidence || CASE WHEN u.waits THEN '；后来依据改了，现在查不出来' ELSE '' END,
           facts_at = CASE WHEN u.waits THEN :facts_at ELSE facts_at END,
           cycle_id = coalesce((SELECT id FROM cycles WHERE county_code = :county AND f.cycle_id = :cycle_id
                                   AND month = (SELECT min(seen) FROM unnest(u.seen_in) AS seen)),
                               cycle_id)
      FROM unseen u WHERE f.id = u.id
    """,
)
# The lines that are not found any more come first: what changed of their facts is looked up for each.
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
       AND (EXISTS (SELECT FROM list_replaced_facts(gone.county_code, ARRAY[gone.line_code], gone.seen_at))
            OR EXISTS (SELECT FROM list_added_facts(gone.county_code, ARRAY[gone.line_code], gone.seen_at)))
    """,
)
# NOT IN hashes the lines. An anti join is planned by statistics that know nothing of a month's first findings: it read
# all 8,000 lines of a burst for each of them.
DELETE_FINDING_LINES = Query(
    None,
    """
    DELETE FROM finding_lines fl
     WHERE fl.finding_id = ANY(:kept::uuid[]) AND fl.verdict IS NULL AND fl.changed_after IS NULL
       AND (fl.finding_id, fl.line_code) NOT IN (
           SELECT finding, line FROM jsonb_to_recordset(:rows::jsonb) AS r(finding uuid, line text))
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


async def record_findings(conn: Connection, cycle: Cycle, results: Sequence[CheckResult], *, facts_at: datetime) -> int:
    """Update the cycle's findings to the results of its checks; return how many opened, moved or lapsed.

    A finding opened in an earlier cycle is not changed; one that a later cycle opened moves here. A stopping one
    that is not found any more because a fact was changed or added stays open. A line that was decided to be paid is
    decided again once the facts behind the decision changed (see `ask_again` too).
    """
    await PLAN_FOR_FEW.run(conn)
    by_subject = {(each.check, each.subject): each for each in results}
    rows = list(by_subject.values())
    of_cycle = {"county": cycle.county_code, "month": cycle.month, "facts_at": facts_at}
    await WITHDRAW_VERDICTS.run(conn, rows=rows, **of_cycle)
    recorded = await UPSERT_FINDINGS.all(conn, cycle_id=cycle.id, rows=rows, **of_cycle)
    ids = [each.id for each in recorded]
    lines = [
        {"finding": each.id, "line": line} for each in recorded for line in by_subject[each.check, each.subject].lines
    ]
    await MARK_CHANGED_LINES.run(conn, kept=ids, rows=lines)
    await DELETE_FINDING_LINES.run(conn, kept=ids, rows=lines)
    await ADD_FINDING_LINES.run(conn, county=cycle.county_code, rows=lines)
    seen = await MARK_SEEN.all(conn, rows=rows, **of_cycle)
    lapsed = await LAPSE_FINDINGS.run(conn, cycle_id=cycle.id, kept=seen, **of_cycle)
    return lapsed + sum(1 for each in recorded if each.opened)
