-- A decision of a finding keeps the evidence that it saw; another one is asked for again.

-- squawk-ignore adding-field-with-default
ALTER TABLE finding_decisions ADD COLUMN evidence text NOT NULL DEFAULT '';
ALTER TABLE finding_decisions DISABLE TRIGGER finding_decisions_append_only;
UPDATE finding_decisions d SET evidence = f.evidence FROM findings f WHERE f.id = d.finding_id;
ALTER TABLE finding_decisions ENABLE TRIGGER finding_decisions_append_only;

-- The findings of a cycle. One of a closed month that was asked again stands in every later month that is not settled,
-- because nothing is decided in a closed one.
CREATE OR REPLACE VIEW cycle_findings WITH (security_invoker = true) AS
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
