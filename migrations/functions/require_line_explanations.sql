-- Package: subsidies.
-- Require the explanations of added lines, as a foreign key would, but once for all lines of a statement: thousands of
-- lines share an explanation, and a foreign key looks it up for each.
CREATE OR REPLACE FUNCTION require_line_explanations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT run_id, explanation FROM added EXCEPT SELECT run_id, number FROM run_explanations
                WHERE run_id IN (SELECT run_id FROM added)) THEN
        RAISE EXCEPTION 'a line needs its explanation' USING ERRCODE = '23503', CONSTRAINT = 'run_lines_explanation';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION require_line_explanations FROM PUBLIC;
