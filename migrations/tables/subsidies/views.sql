CREATE VIEW cycle_findings WITH (security_invoker = true) AS
SELECT q.county_code, q.id AS cycle_id, q.month, f.id AS finding_id, f.check_code, f.subject, f.stops, f.state,
       f.at_risk_fen, c.run_id AS seen_run_id
  FROM cycles q
  JOIN findings f ON f.county_code = q.county_code AND f.state <> 'lapsed'
  JOIN cycles c ON c.id = f.cycle_id
 WHERE CASE
       WHEN f.month = q.month THEN true
       WHEN f.month IS NOT NULL
       THEN f.state = 'open' AND f.stops AND f.month < q.month
            AND EXISTS (SELECT FROM settlements s WHERE s.cycle_id = c.id)
            AND NOT EXISTS (SELECT FROM settlements s WHERE s.cycle_id = q.id)
       WHEN c.month <= q.month THEN true
       ELSE NOT EXISTS (SELECT FROM settlements s WHERE s.cycle_id = q.id)
            AND EXISTS (SELECT FROM finding_lines l
                          JOIN run_lines r ON r.run_id = q.run_id AND r.line_code = l.line_code
                         WHERE l.finding_id = f.id)
       END;
GRANT SELECT ON cycle_findings TO market_app;

-- The lines that stopping findings hold in a cycle: undecided, or decided to stay stopped.
CREATE VIEW held_lines WITH (security_invoker = true) AS
SELECT f.county_code, f.cycle_id, f.month, l.line_code, f.finding_id
  FROM cycle_findings f
  JOIN finding_lines l ON l.finding_id = f.finding_id AND l.verdict IS DISTINCT FROM 'pay'
 WHERE f.stops;
GRANT SELECT ON held_lines TO market_app;

-- The proration and the idle rule of a programme on the days of each version of its terms.
CREATE VIEW programme_rules WITH (security_invoker = true) AS
SELECT t.county_code, t.programme_code, t.valid_during, coalesce(t.proration, p.proration) AS proration,
       CASE WHEN t.proration IS NULL THEN p.idle_days ELSE t.idle_days END AS idle_days,
       CASE WHEN t.proration IS NULL THEN p.cure_days ELSE t.cure_days END AS cure_days
  FROM programme_terms t
  JOIN programmes p ON p.county_code = t.county_code AND p.code = t.programme_code;
GRANT SELECT ON programme_rules TO market_app;

-- The approvals that count: of the cycle's run, and not voided by a return.
CREATE VIEW valid_approvals WITH (security_invoker = true) AS
SELECT a.county_code, a.cycle_id, a.run_id, a.duty, a.scope, a.account_id
  FROM cycle_approvals a
  JOIN cycles c ON c.id = a.cycle_id AND c.run_id = a.run_id
               AND a.round = CASE a.duty WHEN 'village' THEN c.village_round ELSE c.township_round END;
GRANT SELECT ON valid_approvals TO market_app;

-- The lines of a month of which nothing is paid because of a stopping finding: held, and not posted in the month's own settlement. A
-- verdict that comes after a settlement changes nothing of what the month paid.
CREATE VIEW withheld_lines WITH (security_invoker = true) AS
SELECT h.county_code, h.cycle_id, h.month, h.line_code, h.finding_id
  FROM held_lines h
 WHERE NOT EXISTS (SELECT FROM subsidy_postings p
                    WHERE p.cycle_id = h.cycle_id AND p.line_code = h.line_code AND p.for_month = h.month);
GRANT SELECT ON withheld_lines TO market_app;
