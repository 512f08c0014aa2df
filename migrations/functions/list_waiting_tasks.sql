-- Package: subsidies.
-- Return when the unfinished tasks of all counties are due, and those that were given up within a day, without what they do.
CREATE OR REPLACE FUNCTION list_waiting_tasks(p_most integer) RETURNS TABLE (due_at timestamptz, dead boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    (SELECT next_at, false FROM tasks WHERE state IN ('queued', 'running') ORDER BY id LIMIT p_most)
    UNION ALL
    (SELECT NULL, true FROM tasks
      WHERE state = 'failed' AND finished_at > clock_timestamp() - interval '1 day' LIMIT p_most)
$$;
REVOKE ALL ON FUNCTION list_waiting_tasks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_waiting_tasks TO market_app;
