-- Package: subsidies.
-- Claim the oldest due task of any county and return it: one at a time for each county.
CREATE OR REPLACE FUNCTION claim_task(p_lease interval) RETURNS SETOF tasks
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE tasks
       SET state = 'running', attempts = attempts + 1, stage = 'waiting', next_at = clock_timestamp() + p_lease
     WHERE id = (SELECT id FROM tasks t
                  WHERE state IN ('queued', 'running') AND next_at <= clock_timestamp()
                    AND NOT EXISTS (SELECT FROM tasks other
                                     WHERE other.county_code = t.county_code AND other.state = 'running'
                                       AND other.id <> t.id)
                  ORDER BY id LIMIT 1
                    FOR UPDATE SKIP LOCKED)
    RETURNING tasks.*
$$;
REVOKE ALL ON FUNCTION claim_task FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_task TO market_app;
