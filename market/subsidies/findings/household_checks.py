"""Checks of households and persons, by the register and the lists of other offices; they fill worksheets."""

from market.kernel import Query
from market.subsidies.findings.stopping_checks import CheckRow

# The entries of one list for the members of a household, on a day on which they were its members in the month.
LISTED_PERSONS = Query(
    CheckRow,
    """
    WITH listed AS MATERIALIZED (
        SELECT m.household_code, count(DISTINCT f.id)::integer AS entries, count(DISTINCT p.id) AS persons,
               min(lower(f.valid_during)) AS since
          FROM listed_facts f
          JOIN persons p ON p.county_code = :county AND p.identity_index = f.identity_index
          JOIN memberships m ON m.county_code = :county AND m.person_id = p.id
                            AND m.valid_during && daterange(:month::date, :next::date)
         WHERE f.county_code = :county AND f.list = :list
           AND f.valid_during && (m.valid_during * daterange(:month::date, :next::date))
         GROUP BY m.household_code)
    SELECT r.household_code AS subject, array_agg(r.line_code ORDER BY r.line_code) AS lines,
           coalesce(sum(r.claimed_fen), 0)::bigint AS at_risk_fen,
           format('户里 %s 人有 %s 条登记，最早 %s 起（%s 条以上）', persons, listed.entries, since,
                  min(g.at_least)) AS evidence
      FROM listed
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
                      AND r.household_code = listed.household_code
      JOIN unnest(:programmes::text[], :entries::integer[]) AS g (code, at_least)
        ON g.code = r.programme_code AND listed.entries >= g.at_least
     GROUP BY r.household_code, persons, listed.entries, since
    """,
)
# Households with lines in the month that have one address, or one bank account; the first of them names the finding.
SHARED_BY_HOUSEHOLDS = Query(
    CheckRow,
    """
    WITH shared AS MATERIALIZED (
        SELECT value_index FROM listed_facts
         WHERE county_code = :county AND list = :list AND valid_during && daterange(:month::date, :next::date)
         GROUP BY value_index HAVING count(DISTINCT household_code) > 1),
    users AS MATERIALIZED (
        SELECT DISTINCT f.value_index, r.household_code, r.line_code, r.claimed_fen, g.households
          FROM shared s
          JOIN listed_facts f ON f.county_code = :county AND f.list = :list AND f.value_index = s.value_index
                             AND f.valid_during && daterange(:month::date, :next::date)
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
                          AND r.household_code = f.household_code
          JOIN unnest(:programmes::text[], :households::integer[]) AS g (code, households)
            ON g.code = r.programme_code),
    suspects AS (
        SELECT value_index, min(household_code) AS subject, count(DISTINCT household_code) AS households,
               min(households) AS threshold,
               array_to_string((array_agg(DISTINCT household_code))[1:20], '、') AS names
          FROM users GROUP BY value_index HAVING count(DISTINCT household_code) >= min(households)),
    lines AS (
        SELECT DISTINCT s.subject, u.line_code, u.claimed_fen FROM suspects s JOIN users u USING (value_index))
    SELECT subject, array_agg(line_code ORDER BY line_code) AS lines,
           coalesce(sum(claimed_fen), 0)::bigint AS at_risk_fen,
           (SELECT string_agg(format('%s 户用同一个%s：%s（%s 户以上）', s.households,
                                     CASE :list WHEN 'address' THEN '住址' ELSE '银行账号' END, s.names, s.threshold),
                              '；' ORDER BY s.value_index)
              FROM suspects s WHERE s.subject = lines.subject) AS evidence
      FROM lines
     GROUP BY subject
    """,
)
# Within the year that ends with the month; a household that was split from another of the person's is not another one.
PERSON_IN_MANY_HOUSEHOLDS = Query(
    CheckRow,
    """
    WITH stays AS MATERIALIZED (
        SELECT person_id, household_code, max(lower(valid_during)) AS since FROM memberships
         WHERE county_code = :county AND valid_during && daterange((:next::date - interval '1 year')::date, :next::date)
           AND person_id = ANY(:moved_persons::uuid[])
         GROUP BY person_id, household_code),
    others AS MATERIALIZED (
        SELECT s.person_id, s.household_code, s.since
          FROM stays s
          JOIN households h ON h.county_code = :county AND h.code = s.household_code
         WHERE NOT EXISTS (SELECT FROM stays o WHERE o.person_id = s.person_id AND o.household_code = h.split_from)),
    users AS MATERIALIZED (
        SELECT o.person_id, o.household_code, o.since, r.line_code, r.claimed_fen, g.households
          FROM others o
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
                          AND r.household_code = o.household_code
          JOIN unnest(:programmes::text[], :households::integer[]) AS g (code, households)
            ON g.code = r.programme_code),
    suspects AS (
        SELECT person_id, count(DISTINCT household_code) AS households, min(households) AS threshold,
               (array_agg(household_code ORDER BY since DESC, household_code))[1] AS subject
          FROM users GROUP BY person_id HAVING count(DISTINCT household_code) >= min(households)),
    lines AS (
        SELECT DISTINCT s.subject, u.line_code, u.claimed_fen FROM suspects s JOIN users u USING (person_id))
    SELECT subject, array_agg(line_code ORDER BY line_code) AS lines,
           coalesce(sum(claimed_fen), 0)::bigint AS at_risk_fen,
           (SELECT string_agg(DISTINCT format('%s（%s 户以上）', t.stays, s.threshold), '；')
              FROM suspects s
             CROSS JOIN LATERAL (
                   SELECT '一年里同一人算过 '
                          || string_agg(format('%s 户（%s 起）', e.household_code, e.since), '、'
                                        ORDER BY e.since, e.household_code) AS stays
                     FROM (SELECT DISTINCT household_code, since FROM users WHERE person_id = s.person_id) AS e) AS t
             WHERE s.subject = lines.subject) AS evidence
      FROM lines
     GROUP BY subject
    """,
)
# One finding a village. A household that no file has brought a day of checking for is as old as the file of its entry.
REGISTER_ENTRY_OLD = Query(
    CheckRow,
    """
    WITH old AS (
        SELECT e.village_code, e.household_code, e.checked_on, r.line_code, r.claimed_fen, g.recheck_days
          FROM unnest(:old_households::text[], :old_villages::text[], :old_checked_on::date[])
                 AS e(household_code, village_code, checked_on)
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
                          AND r.household_code = e.household_code
          JOIN unnest(:programmes::text[], :recheck_days::integer[]) AS g (code, recheck_days)
            ON g.code = r.programme_code AND :next::date - 1 - e.checked_on > g.recheck_days)
    SELECT village_code AS subject, array_agg(line_code ORDER BY line_code) AS lines,
           coalesce(sum(claimed_fen), 0)::bigint AS at_risk_fen,
           format('%s 户超过 %s 天没有核查，最早 %s：%s', count(DISTINCT household_code), min(recheck_days),
                  min(checked_on), array_to_string((array_agg(DISTINCT household_code))[1:20], '、')) AS evidence
      FROM old
     GROUP BY village_code
    """,
)
