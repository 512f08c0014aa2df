"""账龄: what was taken back of earlier months, differences of return files, receivables, and suspicions, by age."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list

# What was answered counts with the age that it had then; what is open, with its age at the closing, or now.
_ROWS = """
    WITH cycle AS (SELECT id, run_id FROM cycles WHERE county_code = :county AND month = :month::date),
    villages AS (
        SELECT r.line_code, r.village_code
          FROM cycle JOIN run_lines r ON r.run_id = cycle.run_id AND r.county_code = :county),
    taken_back AS (
        SELECT p.line_code, p.for_month, -sum(p.conceded_fen + p.public_fen) AS fen,
               extract(year FROM age(:month::date, p.for_month)) * 12
               + extract(month FROM age(:month::date, p.for_month)) AS months
          FROM cycle
          JOIN subsidy_postings p ON p.cycle_id = cycle.id AND p.county_code = :county
         WHERE p.for_month < :month::date
         GROUP BY p.line_code, p.for_month
        HAVING sum(p.conceded_fen + p.public_fen) < 0),
    differences AS (
        SELECT coalesce(d.line_code, w.line_code) AS line_code, f.operator, d.row_number,
               abs(coalesce(d.settled_fen, 0) - coalesce(d.credited_fen, 0)) AS fen, d.answered_at IS NULL AS open,
               business_day(coalesce(d.answered_at, :as_of::timestamptz)) - business_day(d.since) AS days
          FROM cycle
          JOIN return_files f ON f.cycle_id = cycle.id AND f.county_code = :county
           AND f.revision = (SELECT max(revision) FROM return_files
                              WHERE cycle_id = f.cycle_id AND operator = f.operator)
          JOIN return_differences d ON d.file_id = f.file_id
          LEFT JOIN return_rows w ON w.file_id = d.file_id AND w.row_number = d.row_number),
    suspicions AS (
        SELECT f.subject, f.check_code, f.at_risk_fen AS fen, f.state = 'open' AS open,
               business_day(coalesce(CASE WHEN f.state <> 'open' THEN
                                         (SELECT max(decided_at) FROM finding_decisions WHERE finding_id = f.id) END,
                                     :as_of::timestamptz)) - business_day(f.opened_at) AS days,
               (SELECT min(v.village_code) FROM finding_lines l JOIN villages v ON v.line_code = l.line_code
                 WHERE l.finding_id = f.id) AS village_code
          FROM cycle JOIN findings f ON f.cycle_id = cycle.id AND f.county_code = :county
         WHERE f.state <> 'lapsed'),
    owed AS (
        SELECT c.number, c.village_code, coalesce(c.operator, c.debtor) AS debtor,
               business_day(:as_of::timestamptz) - business_day(c.posted_at) AS days,
               c.amount_fen - coalesce((SELECT sum(e.fen) FROM clawback_entries e
                                         WHERE e.clawback_id = c.id AND e.outcome = 'confirmed'
                                           AND coalesce(e.decided_at, e.recorded_at) <= :as_of::timestamptz), 0) AS fen
          FROM clawbacks c
         WHERE c.county_code = :county AND c.posted_at <= :as_of::timestamptz)
    SELECT CASE WHEN months <= 3 THEN 'back_3' WHEN months <= 6 THEN 'back_6' WHEN months <= 12 THEN 'back_12'
                ELSE 'back_old' END AS key,
           v.village_code, t.line_code AS subject, t.fen, to_char(t.for_month, 'YYYY-MM') AS note
      FROM taken_back t LEFT JOIN villages v ON v.line_code = t.line_code
     UNION ALL
    SELECT CASE WHEN days <= 30 THEN 'return_30' WHEN days <= 90 THEN 'return_90' ELSE 'return_old' END,
           v.village_code, coalesce(d.line_code, d.operator || ' ' || d.row_number), d.fen,
           CASE WHEN d.open THEN 'open' ELSE 'answered' END
      FROM differences d LEFT JOIN villages v ON v.line_code = d.line_code
     UNION ALL
    SELECT CASE WHEN days <= 30 THEN 'owed_30' WHEN days <= 90 THEN 'owed_90' WHEN days <= 365 THEN 'owed_365'
                ELSE 'owed_old' END,
           village_code, number::text, fen, debtor
      FROM owed
     WHERE fen > 0
     UNION ALL
    SELECT CASE WHEN days <= 30 THEN 'finding_30' WHEN days <= 90 THEN 'finding_90' ELSE 'finding_old' END,
           village_code, subject, fen, check_code || CASE WHEN open THEN ' open' ELSE '' END
      FROM suspicions
"""
AGEING = CountedReport(
    name="ageing",
    title="账龄",
    about="扣回的是多久以前的月份；回单差异、应退回的钱和疑点放了多久。已经办完的，按办完那天算。",
    figures=(
        *(
            Figure(key=key, title=title, unit="笔", subject=Subject.LINE, money=True)
            for key, title in (
                ("back_3", "扣回，3 个月以内的"),
                ("back_6", "扣回，4 到 6 个月的"),
                ("back_12", "扣回，7 到 12 个月的"),
                ("back_old", "扣回，12 个月以上的"),
            )
        ),
        *(
            Figure(key=key, title=title, unit="笔", subject=Subject.DIFFERENCE, money=True)
            for key, title in (
                ("return_30", "回单差异，30 天以内"),
                ("return_90", "回单差异，31 到 90 天"),
                ("return_old", "回单差异，90 天以上"),
            )
        ),
        *(
            Figure(key=key, title=title, unit="笔", subject=Subject.CLAWBACK, money=True)
            for key, title in (
                ("owed_30", "应退回，30 天以内"),
                ("owed_90", "应退回，31 到 90 天"),
                ("owed_365", "应退回，91 到 365 天"),
                ("owed_old", "应退回，一年以上"),
            )
        ),
        *(
            Figure(key=key, title=title, unit="件", subject=Subject.FINDING, money=True)
            for key, title in (
                ("finding_30", "疑点，30 天以内"),
                ("finding_90", "疑点，31 到 90 天"),
                ("finding_old", "疑点，90 天以上"),
            )
        ),
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
)
