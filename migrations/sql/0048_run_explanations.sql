-- The steps that explain a line's sums, stored once for all lines of a run that share them: the lines of a county have a
-- few hundred different ones, which took most of each line's row.
CREATE TABLE run_explanations (
    run_id      uuid NOT NULL CONSTRAINT run_explanations_run REFERENCES runs,
    number      integer NOT NULL CONSTRAINT run_explanations_number CHECK (number > 0),
    county_code text NOT NULL,
    steps       jsonb NOT NULL,
    CONSTRAINT run_explanations_unique PRIMARY KEY (run_id, number)
);
CREATE TRIGGER run_explanations_append_only BEFORE DELETE OR UPDATE ON run_explanations
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_explanations_no_truncate BEFORE TRUNCATE ON run_explanations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE run_explanations ENABLE ROW LEVEL SECURITY;
CREATE POLICY run_explanations_visible_county ON run_explanations TO market_app USING (
    CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON run_explanations TO market_app;

INSERT INTO run_explanations (run_id, number, county_code, steps)
SELECT run_id, row_number() OVER (PARTITION BY run_id ORDER BY steps), county_code, steps
  FROM (SELECT DISTINCT run_id, county_code, steps FROM run_lines) AS explained;
ALTER TABLE run_lines ADD COLUMN explanation integer;
ALTER TABLE run_lines DISABLE TRIGGER run_lines_append_only;
UPDATE run_lines r SET explanation = e.number
  FROM run_explanations e WHERE e.run_id = r.run_id AND e.steps = r.steps;
ALTER TABLE run_lines ENABLE TRIGGER run_lines_append_only;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE run_lines ALTER COLUMN explanation SET NOT NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE run_lines DROP COLUMN steps;
-- The key of the explanation names the run too.
-- squawk-ignore ban-drop-constraint
ALTER TABLE run_lines DROP CONSTRAINT run_lines_run;
ALTER TABLE run_lines ADD CONSTRAINT run_lines_explanation
    FOREIGN KEY (run_id, explanation) REFERENCES run_explanations (run_id, number);
