"""Checks of the lines that a household has together on one day: of two operators, or too many.

Their days are calculated only for households that may have such days. The run's household of a line is that of its
person, unless the person was a member for a part of the month, or the line is outside the snapshot. The identity of a
line is computed before its person is looked up: row-level security uses no index for an expression.
"""

from market.kernel import Query
from market.subsidies.findings.stopping_checks import CheckRow

# Days with lines of two operators in one household and programme; the later line is at risk.
TWO_OPERATORS_ONE_HOUSEHOLD = Query(
    CheckRow,
    """
    WITH outside AS MATERIALIZED (
        SELECT line_code, operator, programme_code, claimed_fen, in_snapshot FROM run_lines
         WHERE run_id = :run_id AND county_code = :county AND line_code = ANY(:outside::text[])),
    outsiders AS MATERIALIZED (
        SELECT coalesce(e.identity_index, b.identity_index) AS identity_index
          FROM outside r
          JOIN bindings b ON b.county_code = :county AND b.line_code = r.line_code
                         AND b.valid_during && daterange(:month::date, :next::date)
          LEFT JOIN enrolments e ON e.county_code = :county AND e.line_code = r.line_code AND e.decided),
    mixed AS MATERIALIZED (
        SELECT household_code FROM unnest(:mixed_households::text[]) AS household_code
         UNION
        SELECT household_code FROM memberships
         WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date)
           AND NOT valid_during @> daterange(:month::date, :next::date)
         UNION
        SELECT m.household_code
          FROM outsiders o
          JOIN persons p ON p.county_code = :county AND p.identity_index = o.identity_index
          JOIN memberships m ON m.person_id = p.id AND m.valid_during && daterange(:month::date, :next::date)),
    chosen AS MATERIALIZED (
        SELECT * FROM outside
         UNION ALL
        SELECT line_code, operator, programme_code, claimed_fen, in_snapshot FROM run_lines
         WHERE run_id = :run_id AND county_code = :county AND in_snapshot
           AND household_code = ANY(ARRAY(SELECT household_code FROM mixed))),
    applicants AS MATERIALIZED (
        SELECT r.line_code, r.operator, r.programme_code, r.claimed_fen, e.applied_on,
               coalesce(CASE WHEN e.decided THEN e.identity_index END, b.identity_index) AS identity_index,
               b.valid_during * daterange(:month::date, :next::date)
                 * CASE WHEN r.in_snapshot THEN daterange(e.entitled_from, NULL) ELSE daterange(NULL, NULL) END AS days
          FROM chosen r
          JOIN bindings b ON b.county_code = :county AND b.line_code = r.line_code
                         AND b.valid_during && daterange(:month::date, :next::date)
          LEFT JOIN enrolments e ON e.county_code = :county AND e.line_code = r.line_code),
    suspects AS MATERIALIZED (
        SELECT r.line_code, r.operator, r.programme_code, r.claimed_fen, r.applied_on, m.household_code,
               r.days * m.valid_during AS days
          FROM applicants r
          JOIN persons p ON p.county_code = :county AND p.identity_index = r.identity_index
          JOIN memberships m ON m.person_id = p.id AND m.valid_during && r.days),
    pairs AS (
        SELECT DISTINCT a.household_code, a.programme_code, a.line_code AS earlier, b.line_code AS later,
               a.operator AS earlier_operator, b.operator AS later_operator, b.claimed_fen, a.days * b.days AS days
          FROM suspects a
          JOIN suspects b ON b.household_code = a.household_code AND b.programme_code = a.programme_code
                         AND b.operator <> a.operator AND b.days && a.days
                         AND (coalesce(a.applied_on, 'infinity'), a.line_code)
                           < (coalesce(b.applied_on, 'infinity'), b.line_code))
    SELECT household_code AS subject,
           (SELECT array_agg(DISTINCT line ORDER BY line)
              FROM unnest(array_agg(earlier) || array_agg(later)) AS line) AS lines,
           (SELECT coalesce(sum(fen), 0)::bigint
              FROM (SELECT DISTINCT q.later, coalesce(q.claimed_fen, 0) AS fen FROM pairs q
                     WHERE q.household_code = pairs.household_code) AS risks) AS at_risk_fen,
           string_agg(format('%s：%s（%s）与 %s（%s）自 %s 起同时绑定', programme_code, earlier, a.name, later, b.name,
                             lower(days)), '；'
                      ORDER BY programme_code, earlier, later, lower(days)) AS evidence
      FROM pairs
      JOIN (VALUES ('mobile', '移动'), ('unicom', '联通'), ('telecom', '电信')) AS a (code, name)
        ON a.code = earlier_operator
      JOIN (VALUES ('mobile', '移动'), ('unicom', '联通'), ('telecom', '电信')) AS b (code, name)
        ON b.code = later_operator
     GROUP BY household_code
    """,
)
# On each day on which a line begins: the lines of its household and programme; the later lines are at risk.
TOO_MANY_LINES = Query(
    CheckRow,
    """
    WITH checked AS MATERIALIZED (
        SELECT g.code, g.max_lines FROM programmes g JOIN unnest(:programmes::text[]) AS k (code) USING (code)
         WHERE g.county_code = :county),
    crowded AS MATERIALIZED (
        SELECT household_code FROM unnest(:crowded_households::text[]) AS household_code
         UNION
        SELECT household_code FROM memberships
         WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date)
           AND NOT valid_during @> daterange(:month::date, :next::date)),
    chosen AS MATERIALIZED (
        SELECT r.line_code, r.programme_code, r.claimed_fen, g.max_lines
          FROM run_lines r JOIN checked g ON g.code = r.programme_code
         WHERE r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
           AND r.household_code = ANY(ARRAY(SELECT household_code FROM crowded))),
    suspects AS MATERIALIZED (
        SELECT r.line_code, r.programme_code, r.claimed_fen, e.applied_on, m.household_code, r.max_lines,
               b.valid_during * m.valid_during * daterange(:month::date, :next::date)
                 * daterange(e.entitled_from, NULL) AS days
          FROM chosen r
          JOIN enrolments e ON e.county_code = :county AND e.line_code = r.line_code AND e.decided
          JOIN bindings b ON b.county_code = :county AND b.line_code = r.line_code
                         AND b.valid_during && daterange(:month::date, :next::date)
          JOIN persons p ON p.county_code = :county AND p.identity_index = e.identity_index
          JOIN memberships m ON m.person_id = p.id AND m.valid_during && b.valid_during),
    ranked AS (
        SELECT a.household_code, a.programme_code, a.max_lines, b.line_code, b.claimed_fen,
               row_number() OVER (PARTITION BY a.household_code, a.programme_code, a.day
                                      ORDER BY b.applied_on, b.line_code) AS position
          FROM (SELECT DISTINCT household_code, programme_code, max_lines, lower(days) AS day
                  FROM suspects WHERE NOT isempty(days)) AS a
          JOIN (SELECT DISTINCT household_code, programme_code, line_code, claimed_fen, applied_on, days
                  FROM suspects) AS b
            ON b.household_code = a.household_code AND b.programme_code = a.programme_code
           AND b.days @> a.day),
    beyond AS (SELECT DISTINCT household_code, programme_code, max_lines, line_code, claimed_fen
                 FROM ranked WHERE position > max_lines)
    SELECT household_code AS subject, array_agg(line_code ORDER BY line_code) AS lines,
           coalesce(sum(claimed_fen), 0)::bigint AS at_risk_fen,
           string_agg(format('%s：%s 超过每户 %s 条', programme_code, line_code, max_lines), '；'
                      ORDER BY programme_code, line_code) AS evidence
      FROM beyond
     GROUP BY household_code
    """,
)
