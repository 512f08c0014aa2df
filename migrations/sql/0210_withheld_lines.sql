-- The lines of a month of which nothing is paid because of a stopping finding: held, and not posted in the month's own settlement. A
-- verdict that comes after a settlement changes nothing of what the month paid.
CREATE VIEW withheld_lines WITH (security_invoker = true) AS
SELECT h.county_code, h.cycle_id, h.month, h.line_code, h.finding_id
  FROM held_lines h
 WHERE NOT EXISTS (SELECT FROM subsidy_postings p
                    WHERE p.cycle_id = h.cycle_id AND p.line_code = h.line_code AND p.for_month = h.month);
GRANT SELECT ON withheld_lines TO market_app;
