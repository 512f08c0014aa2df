-- Package: subsidies.
-- Delete the oldest tasks that ended before a moment, at most p_piece, and return their ids.
CREATE OR REPLACE FUNCTION delete_tasks(p_before timestamptz, p_piece integer) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE finished_at < p_before ORDER BY finished_at LIMIT p_piece)
    RETURNING id
$$;
REVOKE ALL ON FUNCTION delete_tasks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_tasks TO market_app;
