"""闲置: lines of a month whose use is the proof of life, and what was done about those that stand idle."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list

_ROWS = """
    WITH period AS (SELECT daterange(:month::date, (:month::date + interval '1 month')::date) AS days),
    lines AS (
        SELECT r.line_code, r.village_code, r.reasons, r.causes, r.removed_on, r.over_fen
          FROM cycles c JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = :county
         WHERE c.county_code = :county AND c.month = :month::date)
    SELECT 'never' AS key, village_code, line_code AS subject, over_fen AS fen, '' AS note
      FROM lines WHERE 'NO_USAGE_YET' = ANY(reasons)
     UNION ALL
    SELECT 'cure', village_code, line_code, over_fen, '' FROM lines WHERE 'IN_CURE' = ANY(reasons || causes)
     UNION ALL
    SELECT 'removed', village_code, line_code, over_fen, to_char(removed_on, 'YYYY-MM-DD')
      FROM lines CROSS JOIN period WHERE removed_on <@ days
     UNION ALL
    SELECT DISTINCT 'told', l.village_code, l.line_code, 0, ''
      FROM lines l CROSS JOIN period
      JOIN idle_notices n ON n.county_code = :county AND n.line_code = l.line_code AND n.notice_on <@ days
     UNION ALL
    SELECT DISTINCT 'called', l.village_code, l.line_code, 0, ''
      FROM lines l CROSS JOIN period
      JOIN idle_calls n ON n.county_code = :county AND n.line_code = l.line_code AND n.notice_on <@ days
"""
IDLENESS = CountedReport(
    name="idleness",
    title="闲置",
    about="要看使用的项目里，当月没有用的号码，和对它们做了什么。金额是因此少减的。",
    figures=(
        Figure(key="never", title="绑了还没有用过的", unit="个", subject=Subject.LINE, money=True),
        Figure(key="cure", title="提醒后有几天不减的", unit="个", subject=Subject.LINE, money=True),
        Figure(key="removed", title="移出的", unit="个", subject=Subject.LINE, money=True),
        Figure(key="told", title="发过提醒的", unit="个", subject=Subject.LINE),
        Figure(key="called", title="打过电话的", unit="个", subject=Subject.LINE),
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
)
