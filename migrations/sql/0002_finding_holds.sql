-- The months whose latest run sees a finding; an open finding lapses when none is left.
ALTER TABLE findings ADD COLUMN seen_in date[] NOT NULL DEFAULT '{}';
UPDATE findings f SET seen_in = ARRAY[c.month] FROM cycles c WHERE c.id = f.cycle_id;

-- The findings that apply to a cycle. A monthly one applies to its month. Any other applies from its own cycle on, and
-- to every cycle with one of its lines that is not settled, even if a later cycle saw it first.
CREATE VIEW cycle_findings WITH (security_invoker = true) AS
SELECT q.county_code, q.id AS cycle_id, q.month, f.id AS finding_id, f.check_code, f.subject, f.stops, f.state,
       f.at_risk_fen, c.run_id AS seen_run_id
  FROM cycles q
  JOIN findings f ON f.county_code = q.county_code AND f.state <> 'lapsed'
  JOIN cycles c ON c.id = f.cycle_id
 WHERE CASE WHEN f.month IS NOT NULL THEN f.month = q.month
            WHEN c.month <= q.month THEN true
            ELSE NOT EXISTS (SELECT FROM settlements s WHERE s.cycle_id = q.id)
                 AND EXISTS (SELECT FROM finding_lines l
                               JOIN run_lines r ON r.run_id = q.run_id AND r.line_code = l.line_code
                              WHERE l.finding_id = f.id) END;

-- The lines that stopping findings hold in a cycle: undecided, or decided to stay stopped.
CREATE VIEW held_lines WITH (security_invoker = true) AS
SELECT f.county_code, f.cycle_id, f.month, l.line_code, f.finding_id
  FROM cycle_findings f
  JOIN finding_lines l ON l.finding_id = f.finding_id AND l.verdict IS DISTINCT FROM 'pay'
 WHERE f.stops;

GRANT SELECT ON cycle_findings, held_lines TO market_app;
