"""Ask again for what was decided, or waits, about a line when its facts changed or another line took its place."""

from datetime import datetime

from market.kernel import Connection, Query
from market.subsidies.models import RunId
from market.subsidies.month.case_queries import PLAN_FOR_FEW
from market.subsidies.month.cycles import Cycle

# A line that was claimed outside the snapshot has nothing to pay, so that a verdict says nothing of the sum that it has
# once it is enrolled. The few verdicts come first: the statistics know none of a new run's lines, so that the planner
# would begin with all of them.
ASK_AGAIN_WHEN_ENROLLED = Query(
    None,
    """
    WITH decided AS MATERIALIZED (
        SELECT fl.finding_id, fl.line_code, f.county_code, fl.facts_at
          FROM findings f
          JOIN finding_lines fl ON fl.finding_id = f.id AND fl.verdict IS NOT NULL
         WHERE f.county_code = :county AND f.month = :month AND f.check_code = 'claim_outside_snapshot'
           AND f.state <> 'lapsed'),
    enrolled AS MATERIALIZED (
        SELECT d.*
          FROM decided d
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = d.line_code
                          AND r.in_snapshot)
    UPDATE finding_lines fl SET verdict = NULL, changed_after = e.facts_at, facts_at = :facts_at
      FROM enrolled e
     WHERE fl.finding_id = e.finding_id AND fl.line_code = e.line_code
       AND (EXISTS (SELECT FROM list_replaced_facts(e.county_code, ARRAY[e.line_code], e.facts_at))
            OR EXISTS (SELECT FROM list_added_facts(e.county_code, ARRAY[e.line_code], e.facts_at)))
    """,
)
# A line that takes the place of a suspect one waits with it. It is one that was enrolled since the finding was opened,
# of the same person, of the household in the same programme, or with the number, card or device; and one bound since to
# the number that nobody had bound when it was claimed. Another line is as suspect when the township stopped the first
# one, but then the household may have other lines: it has the number or card, or it is newly enrolled for the person. A
# finding about a month is about the lines that were bound by its end.
# Each relation has a join of its own, because conditions joined by OR are tried for each pair of rows.
ADD_SUCCESSOR_LINES = Query(
    None,
    """
    WITH suspects AS MATERIALIZED (
        SELECT f.id, f.opened_at, coalesce(f.seen_at, f.opened_at) AS seen_at, l.line_code,
               l.verdict IS NULL AND f.state = 'open' AND (f.seen_in = '{}' OR l.changed_after IS NOT NULL) AS waits,
               substring(l.line_code FROM '-#([0-9]+)')::bigint AS unbound_id
          FROM findings f
          JOIN finding_lines l ON l.finding_id = f.id
         WHERE f.county_code = :county AND f.state <> 'lapsed' AND f.stops
           AND (l.verdict = 'stop' OR l.line_code LIKE '%-#%'
                OR (l.verdict IS NULL AND f.state = 'open' AND (f.seen_in = '{}' OR l.changed_after IS NOT NULL)))),
    enrolled AS MATERIALIZED (
        SELECT w.*, e.identity_index, e.programme_code, e.household_code
          FROM suspects w JOIN enrolments e ON e.county_code = :county AND e.line_code = w.line_code),
    bound AS MATERIALIZED (
        SELECT w.*, b.kind, b.number_id, b.sim_id, b.device_id
          FROM suspects w JOIN bindings b ON b.county_code = :county AND b.line_code = w.line_code
         UNION
        SELECT w.*, v.facts ->> 'kind', (v.facts ->> 'number_id')::bigint, (v.facts ->> 'sim_id')::bigint,
               (v.facts ->> 'device_id')::bigint
          FROM suspects w
          JOIN fact_versions v ON v.county_code = :county AND v.fact = 'bindings' AND v.subject = w.line_code),
    successors AS (
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, NULL::uuid AS bound_by
          FROM enrolled w JOIN enrolments s ON s.county_code = :county AND s.identity_index = w.identity_index
         WHERE w.waits
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, NULL
          FROM enrolled w JOIN enrolments s ON s.county_code = :county AND s.household_code = w.household_code
                                           AND s.programme_code = w.programme_code
         WHERE w.waits
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, NULL
          FROM enrolled w
          JOIN households h ON h.county_code = :county AND h.split_from = w.household_code
          JOIN enrolments s ON s.county_code = :county AND s.household_code = h.code
                           AND s.programme_code = w.programme_code
         WHERE w.waits
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, NULL
          FROM enrolled w
          JOIN enrolments s ON s.county_code = :county AND s.identity_index = w.identity_index
                           AND s.programme_code = w.programme_code
         WHERE NOT w.waits
           AND NOT EXISTS (SELECT FROM fact_versions v LEFT JOIN import_files i ON i.id = v.file_id
                            WHERE v.county_code = :county AND v.fact = 'enrolments' AND v.subject = s.line_code
                              AND coalesce(i.imported_at <= w.opened_at, true))
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, s.file_id
          FROM bound w
          JOIN bindings s ON s.county_code = :county AND s.number_id = w.number_id AND s.kind = w.kind
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, s.file_id
          FROM suspects w
          JOIN bindings s ON s.county_code = :county AND s.number_id = w.unbound_id
         WHERE w.unbound_id IS NOT NULL
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, s.file_id
          FROM bound w JOIN bindings s ON s.county_code = :county AND s.sim_id = w.sim_id
         UNION
        SELECT w.id, w.opened_at, w.seen_at, s.line_code, s.file_id
          FROM bound w JOIN bindings s ON s.county_code = :county AND s.device_id = w.device_id
         WHERE w.waits)
    INSERT INTO finding_lines (finding_id, line_code, county_code, changed_after, facts_at)
    SELECT DISTINCT ON (w.id, w.line_code) w.id, w.line_code, :county, w.seen_at, :facts_at::timestamptz
      FROM successors w
      JOIN findings f ON f.id = w.id
      JOIN enrolments s ON s.county_code = :county AND s.line_code = w.line_code
      LEFT JOIN import_files e ON e.id = s.file_id AND e.imported_at > w.opened_at
      LEFT JOIN import_files b ON b.id = w.bound_by AND b.imported_at > w.opened_at
     WHERE (e.id IS NOT NULL OR b.id IS NOT NULL)
       AND (f.month IS NULL
            OR EXISTS (SELECT FROM bindings
                        WHERE county_code = :county AND line_code = w.line_code
                          AND lower(valid_during) < f.month + interval '1 month'))
    ON CONFLICT ON CONSTRAINT finding_lines_unique DO NOTHING
    """,
)
REOPEN_FINDINGS = Query(
    None,
    """
    UPDATE findings f SET state = 'open'
     WHERE f.county_code = :county AND f.state = 'decided'
       AND EXISTS (SELECT FROM finding_lines WHERE finding_id = f.id AND verdict IS NULL)
    """,
)


async def ask_again(conn: Connection, cycle: Cycle, run_id: RunId, *, facts_at: datetime) -> int:
    """Open again the findings that have lines to decide after a run; return how many were decided before.

    It applies to closed months too: their findings are then decided in a later month. `facts_at` is the time of the
    facts of the run.
    """
    await PLAN_FOR_FEW.run(conn)
    await ASK_AGAIN_WHEN_ENROLLED.run(
        conn, county=cycle.county_code, month=cycle.month, run_id=run_id, facts_at=facts_at
    )
    await ADD_SUCCESSOR_LINES.run(conn, county=cycle.county_code, facts_at=facts_at)
    return await REOPEN_FINDINGS.run(conn, county=cycle.county_code)
