-- squawk-ignore adding-not-nullable-field
ALTER TABLE case_snapshots ALTER COLUMN case_sealed SET NOT NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE case_snapshots DROP COLUMN compressed_case;

ALTER TABLE run_lines DISABLE TRIGGER run_lines_append_only;
ALTER TABLE line_holds DISABLE TRIGGER line_holds_append_only;
ALTER TABLE finding_decisions DISABLE TRIGGER finding_decisions_append_only;
UPDATE run_lines t SET line_code = u.stored
  FROM unbound_lines u WHERE u.county_code = t.county_code AND u.line_code = t.line_code;
UPDATE finding_lines t SET line_code = u.stored
  FROM unbound_lines u WHERE u.county_code = t.county_code AND u.line_code = t.line_code;
UPDATE line_holds t SET line_code = u.stored
  FROM unbound_lines u WHERE u.county_code = t.county_code AND u.line_code = t.line_code;
UPDATE findings t SET subject = u.stored
  FROM unbound_lines u WHERE u.county_code = t.county_code AND u.line_code = t.subject;
UPDATE finding_decisions t SET
    pays = ARRAY(SELECT coalesce(u.stored, code) FROM unnest(t.pays) WITH ORDINALITY AS p(code, n)
                   LEFT JOIN unbound_lines u ON u.county_code = t.county_code AND u.line_code = code ORDER BY n),
    stops = ARRAY(SELECT coalesce(u.stored, code) FROM unnest(t.stops) WITH ORDINALITY AS p(code, n)
                    LEFT JOIN unbound_lines u ON u.county_code = t.county_code AND u.line_code = code ORDER BY n)
 WHERE EXISTS (SELECT FROM unbound_lines u
                WHERE u.county_code = t.county_code AND u.line_code = ANY(t.pays || t.stops));
ALTER TABLE run_lines ENABLE TRIGGER run_lines_append_only;
ALTER TABLE line_holds ENABLE TRIGGER line_holds_append_only;
ALTER TABLE finding_decisions ENABLE TRIGGER finding_decisions_append_only;
