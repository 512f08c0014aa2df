-- Package: subsidies.
-- Refuse to delete lines or explanations of a run that is used.
CREATE OR REPLACE FUNCTION refuse_used_lines_deletion() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT run_id FROM gone) AS runs WHERE is_run_used(run_id)) THEN
        RAISE EXCEPTION '% of a run that is used are kept', TG_TABLE_NAME USING ERRCODE = 'P0100';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION refuse_used_lines_deletion FROM PUBLIC;
