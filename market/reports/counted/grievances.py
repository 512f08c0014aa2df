"""投诉和异议: what people said about the reduction in a month, and what became of it."""

from market.reports.counted.models import CountedReport, Figure, Subject, make_count, make_list

# Of a month are the cases that came in it; what became of them is counted to the closing, or to now: the outcome too,
# which another look takes back. The answer to an objection that is right settles the others to its lead; an extension
# moves the deadline.
_ROWS = """
    WITH received AS (
        SELECT c.number::text AS subject, nullif(c.division_code, rpad(:county, 12, '0')) AS village_code,
               coalesce(g.topic, '') AS note, g.anonymous, g.triaged_at, g.triage_due_at,
               (SELECT min(at) FROM case_events
                 WHERE case_id = c.id AND move IN ('answer', 'settle')) AS answered_at,
               (SELECT max(due_at) FROM case_events
                 WHERE case_id = c.id AND level = 1 AND at < :as_of::timestamptz) AS first_due_at,
               (SELECT min(at) FROM case_events WHERE case_id = c.id AND move = 'reopen') AS appealed_at,
               (SELECT outcome FROM case_events
                 WHERE case_id = c.id AND move IN ('close', 'settle', 'withdraw', 'reopen')
                   AND at < :as_of::timestamptz
                 ORDER BY id DESC LIMIT 1) AS outcome
          FROM cases c
          LEFT JOIN grievances g ON g.case_id = c.id
         WHERE c.county_code = :county AND c.category IN ('grievance', 'objection')
           AND lower(c.received_during) >= :month::date
           AND lower(c.received_during) < (:month::date + interval '1 month')::date)
    SELECT part.key, village_code, subject, 0::numeric AS fen, note
      FROM received
     CROSS JOIN LATERAL (VALUES
           ('received', true),
           ('anonymous', coalesce(anonymous, false)),
           ('triaged', triaged_at < :as_of),
           ('triage_late', least(triaged_at, :as_of) > triage_due_at),
           ('answered', answered_at < :as_of),
           ('answer_late', least(answered_at, :as_of) > first_due_at),
           ('solved', outcome = 'solved'),
           ('appealed', appealed_at < :as_of)) AS part (key, counts)
     WHERE part.counts
"""
GRIEVANCES = CountedReport(
    name="grievances",
    title="投诉和异议",
    about="当月收到的投诉和异议，后来怎么样。分类要 2 个工作日，答复按各类的期限。",
    figures=tuple(
        Figure(key=key, title=title, unit="件", subject=Subject.CASE, whole="" if key == "received" else "received")
        for key, title in (
            ("received", "收到的"),
            ("anonymous", "没有留名的"),
            ("triaged", "分了类的"),
            ("triage_late", "分类晚了的"),
            ("answered", "答复了的"),
            ("answer_late", "答复晚了的"),
            ("solved", "办好了的"),
            ("appealed", "请上一级再看的"),
        )
    ),
    count=make_count(_ROWS),
    items=make_list(_ROWS),
)
