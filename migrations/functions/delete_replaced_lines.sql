-- Package: subsidies.
-- Delete at most p_piece lines of runs that the next run of their month replaced before a moment and that are not used, and
-- the explanations of those without lines; return the run of each line. The runs keep their hashes, and their cases.
CREATE OR REPLACE FUNCTION delete_replaced_lines(p_before timestamptz, p_piece integer) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    replaced uuid[] := ARRAY(
        SELECT r.id FROM runs r JOIN runs next ON next.cycle_id = r.cycle_id AND next.n = r.n + 1
         WHERE next.ran_at < p_before AND EXISTS (SELECT FROM run_explanations WHERE run_id = r.id)
           AND NOT is_run_used(r.id));
BEGIN
    RETURN QUERY
    DELETE FROM run_lines
     WHERE (run_id, line_code) IN (SELECT run_id, line_code FROM run_lines WHERE run_id = ANY(replaced) LIMIT p_piece)
    RETURNING run_id;
    DELETE FROM run_explanations e
     WHERE run_id = ANY(replaced) AND NOT EXISTS (SELECT FROM run_lines r WHERE r.run_id = e.run_id);
END
$$;
REVOKE ALL ON FUNCTION delete_replaced_lines FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_replaced_lines TO market_app;
