"""享受情况: from the households that may have the reduction to those whom it reached, step by step."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list

# A household counts once in each step, with the sum of its lines. Of the steps from `entitled` on, the run that the
# month uses decides; a line that belongs to no household counts in none. Behind row-level security the planner takes
# what overlaps a range for a few rows: bounds are compared instead, and `IS TRUE` makes it look into a hash of a set.
_ROWS = """
    WITH cycle AS (SELECT id, run_id FROM cycles WHERE county_code = :county AND month = :month::date),
    homes AS (
        SELECT DISTINCT ON (s.household_code) s.household_code, s.village_code
          FROM household_statuses s
         WHERE s.county_code = :county AND (s.registered OR s.monitoring <> '')
           AND lower(s.valid_during) < (:month::date + interval '1 month')::date
           AND coalesce(upper(s.valid_during), 'infinity') > :month::date
           AND EXISTS (SELECT FROM memberships m
                        WHERE m.county_code = :county AND m.household_code = s.household_code
                          AND lower(m.valid_during) < (:month::date + interval '1 month')::date
                          AND coalesce(upper(m.valid_during), 'infinity') > :month::date)
         ORDER BY s.household_code, s.valid_during DESC),
    enrolled AS (
        SELECT DISTINCT m.household_code, e.line_code
          FROM enrolments e
          JOIN persons p ON p.county_code = :county AND p.identity_index = e.identity_index
          JOIN memberships m ON m.county_code = :county AND m.person_id = p.id
           AND lower(m.valid_during) < (:month::date + interval '1 month')::date
           AND coalesce(upper(m.valid_during), 'infinity') > :month::date
         WHERE e.county_code = :county AND e.decided AND e.entitled_from < (:month::date + interval '1 month')::date),
    bindings_of_month AS (
        SELECT line_code, operator, kind, number_id, valid_during
          FROM bindings
         WHERE county_code = :county
           AND lower(valid_during) < (:month::date + interval '1 month')::date
           AND coalesce(upper(valid_during), 'infinity') > :month::date),
    bound AS (
        SELECT e.household_code, b.operator, b.kind, b.number_id, b.valid_during
          FROM enrolled e JOIN bindings_of_month b USING (line_code)),
    used AS (
        SELECT b.household_code
          FROM bound b
          JOIN usage_days u ON u.county_code = :county AND u.operator = b.operator AND u.kind = b.kind
                           AND u.number_id = b.number_id AND u.used_on <@ b.valid_during
                           AND u.used_on >= :month::date AND u.used_on < (:month::date + interval '1 month')::date),
    settled AS (
        SELECT p.line_code, sum(p.conceded_fen + p.public_fen) AS fen
          FROM cycle
          JOIN subsidy_postings p ON p.cycle_id = cycle.id AND p.county_code = :county AND p.for_month = :month::date
         GROUP BY p.line_code),
    credited AS (
        SELECT w.line_code, sum(w.credited_fen) AS fen
          FROM cycle
          JOIN return_files f ON f.cycle_id = cycle.id AND f.county_code = :county
           AND f.revision = (SELECT max(revision) FROM return_files
                              WHERE cycle_id = f.cycle_id AND operator = f.operator)
          JOIN return_rows w ON w.file_id = f.file_id AND w.county_code = :county AND w.for_month = :month::date
         GROUP BY w.line_code),
    charged AS (
        SELECT r.household_code, min(r.village_code) AS village_code, sum(r.entitled_fen) AS entitled_fen,
               coalesce(sum(r.claimed_fen), 0) AS claimed_fen, sum(r.approved_fen) AS approved_fen,
               coalesce(sum(s.fen), 0) AS settled_fen, coalesce(sum(w.fen), 0) AS credited_fen
          FROM cycle
          JOIN run_lines r ON r.run_id = cycle.run_id AND r.county_code = :county AND r.household_code IS NOT NULL
          LEFT JOIN settled s USING (line_code)
          LEFT JOIN credited w USING (line_code)
         GROUP BY r.household_code)
    SELECT 'eligible' AS key, village_code, household_code AS subject, 0::numeric AS fen, '' AS note FROM homes
     UNION ALL
    SELECT 'enrolled', village_code, household_code, 0, '' FROM homes
     WHERE (household_code IN (SELECT household_code FROM enrolled)) IS TRUE
     UNION ALL
    SELECT 'bound', village_code, household_code, 0, '' FROM homes
     WHERE (household_code IN (SELECT household_code FROM bound)) IS TRUE
     UNION ALL
    SELECT 'used', village_code, household_code, 0, '' FROM homes
     WHERE (household_code IN (SELECT household_code FROM used)) IS TRUE
     UNION ALL
    SELECT step.key, c.village_code, c.household_code, step.fen, ''
      FROM charged c
     CROSS JOIN LATERAL (VALUES ('entitled', c.entitled_fen), ('claimed', c.claimed_fen),
                                ('approved', c.approved_fen), ('settled', c.settled_fen),
                                ('credited', c.credited_fen)) AS step (key, fen)
     WHERE step.fen > 0
"""
FUNNEL = CountedReport(
    name="funnel",
    title="享受情况",
    about="从册上的户到钱到账，一步一步看少在哪里。一户有几个号码，只算一户。要看使用的项目，运营商才报使用。",
    figures=tuple(
        Figure(key=key, title=title, unit="户", subject=Subject.HOUSEHOLD, money=money, whole="eligible")
        for key, title, money in (
            ("eligible", "册上的户", False),
            ("enrolled", "审定了的", False),
            ("bound", "绑了号码的", False),
            ("used", "当月报了使用的", False),
            ("entitled", "应补的", True),
            ("claimed", "运营商申请了的", True),
            ("approved", "核定了的", True),
            ("settled", "结算了的", True),
            ("credited", "到账了的", True),
        )
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
    steps=True,
)
