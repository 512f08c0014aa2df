"""进出: who came into the register and the reduction in a month, and who left."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list

_ROWS = """
    WITH period AS (SELECT daterange(:month::date, (:month::date + interval '1 month')::date) AS days),
    statuses AS (
        SELECT household_code, range_agg(valid_during) AS known,
               (array_agg(village_code ORDER BY valid_during DESC))[1] AS village_code
          FROM household_statuses
         WHERE county_code = :county AND (registered OR monitoring <> '')
         GROUP BY household_code),
    spans AS (SELECT household_code, village_code, span FROM statuses CROSS JOIN unnest(known) AS span),
    bound AS (
        SELECT line_code, max(coalesce(upper(valid_during), 'infinity'::date)) AS until
          FROM bindings WHERE county_code = :county GROUP BY line_code),
    lines AS (
        SELECT e.line_code, s.village_code, e.entitled_from, b.until
          FROM enrolments e
          LEFT JOIN statuses s ON s.household_code = e.household_code
          LEFT JOIN bound b ON b.line_code = e.line_code
         WHERE e.county_code = :county AND e.decided)
    SELECT 'home_in' AS key, village_code, household_code AS subject, 0::numeric AS fen, '' AS note
      FROM spans CROSS JOIN period WHERE lower(span) <@ days
     UNION ALL
    SELECT 'home_split', s.village_code, h.code, 0, h.split_from
      FROM households h
     CROSS JOIN period
      JOIN statuses s ON s.household_code = h.code
     WHERE h.county_code = :county AND h.split_from IS NOT NULL AND lower(s.known) <@ days
     UNION ALL
    SELECT 'home_out', village_code, household_code, 0, '' FROM spans CROSS JOIN period WHERE upper(span) - 1 <@ days
     UNION ALL
    SELECT 'home_merged', s.village_code, h.code, 0, h.merged_into
      FROM households h
     CROSS JOIN period
      LEFT JOIN statuses s ON s.household_code = h.code
     WHERE h.county_code = :county AND h.merged_on <@ days
     UNION ALL
    SELECT 'line_in', village_code, line_code, 0, '' FROM lines CROSS JOIN period WHERE entitled_from <@ days
     UNION ALL
    SELECT 'line_paused', l.village_code, l.line_code, 0, ''
      FROM lines l
     CROSS JOIN period
     WHERE EXISTS (SELECT FROM enrolment_pauses p
                    WHERE p.county_code = :county AND p.line_code = l.line_code AND lower(p.paused_during) <@ days)
     UNION ALL
    SELECT 'line_removed', r.village_code, r.line_code, 0, ''
      FROM cycles c
     CROSS JOIN period
      JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = :county
     WHERE c.county_code = :county AND c.month = :month::date AND r.removed_on <@ days
     UNION ALL
    SELECT 'line_out', village_code, line_code, 0, ''
      FROM lines CROSS JOIN period WHERE until <> 'infinity' AND until - 1 <@ days
"""
CHANGES = CountedReport(
    name="changes",
    title="进出",
    about="当月进来的和出去的户、号码。出去的最后一天算在当月。",
    figures=(
        Figure(key="home_in", title="进册的户", unit="户", subject=Subject.HOUSEHOLD),
        Figure(key="home_split", title="其中分户来的", unit="户", subject=Subject.HOUSEHOLD, whole="home_in"),
        Figure(key="home_out", title="出册的户", unit="户", subject=Subject.HOUSEHOLD),
        Figure(key="home_merged", title="其中并户的", unit="户", subject=Subject.HOUSEHOLD, whole="home_out"),
        Figure(key="line_in", title="开始享受的号码", unit="个", subject=Subject.LINE),
        Figure(key="line_paused", title="暂停的号码", unit="个", subject=Subject.LINE),
        Figure(key="line_removed", title="闲置移出的号码", unit="个", subject=Subject.LINE),
        Figure(key="line_out", title="销户的号码", unit="个", subject=Subject.LINE),
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
)
