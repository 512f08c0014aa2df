-- Package: subsidies.
-- Refuse to delete lines or explanations of a run that is used, and explanations of lines that are left.
CREATE OR REPLACE FUNCTION refuse_used_lines_deletion() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    runs uuid[] := ARRAY(SELECT DISTINCT run_id FROM gone);
BEGIN
    IF EXISTS (SELECT FROM unnest(runs) AS run_id WHERE is_run_used(run_id)) THEN
        RAISE EXCEPTION '% of a run that is used are kept', TG_TABLE_NAME USING ERRCODE = 'P0100';
    END IF;
    IF TG_TABLE_NAME = 'run_explanations' AND EXISTS (SELECT FROM run_lines WHERE run_id = ANY(runs)) THEN
        RAISE EXCEPTION 'lines of the run need its explanations'
              USING ERRCODE = '23503', CONSTRAINT = 'run_lines_explanation';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION refuse_used_lines_deletion FROM PUBLIC;
