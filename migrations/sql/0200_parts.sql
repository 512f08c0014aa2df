-- The rows that there are become the first partition; policies and grants of the tables, and the view of the lines.

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

DO $$
DECLARE
    one record;
    last text;
BEGIN
    FOR one IN SELECT * FROM list_month_tables() LOOP
        EXECUTE format('SELECT (SELECT %1$I FROM %2$I ORDER BY %1$I DESC LIMIT 1)::text', one.key, one.name || '_before')
           INTO last;
        IF last IS NULL THEN
            EXECUTE format('DROP TABLE %I', one.name || '_before');
        ELSE
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', one.name,
                           one.name || '_before', CASE one.kind WHEN 'number' THEN '10000000000' ELSE
                           get_month_bound(one.kind, (get_bound_month(one.kind, last) + interval '1 month')::date) END);
            PERFORM guard_month_partition(one.name, one.name || '_before');
        END IF;
        PERFORM guard_month_partition(one.name, one.name || '_late');
    END LOOP;
    FOR one IN SELECT unnest(ARRAY['usage_days', 'claims', 'run_lines', 'run_explanations']) AS name LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.name);
        EXECUTE format('CREATE POLICY %I ON %I TO market_app USING (CASE WHEN starts_with(county_code,'
                       ' (SELECT get_visible_county())) THEN true ELSE false END)', one.name || '_visible_county', one.name);
    END LOOP;
END $$;

GRANT SELECT ON audit_entries, archived_partitions, archived_audit_heads TO market_app;
GRANT SELECT, INSERT ON usage_days, run_lines, run_explanations TO market_app;
GRANT SELECT, INSERT, DELETE ON claims TO market_app;
