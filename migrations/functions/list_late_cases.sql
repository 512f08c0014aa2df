-- Package: casework.
-- Return the cases of all counties whose deadline has passed and that have a higher level: what a worker has to know to
-- escalate each in a transaction of its county.
CREATE OR REPLACE FUNCTION list_late_cases(p_now timestamptz, p_most integer)
RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases.id, cases.county_code
      FROM cases
     WHERE state = 'assigned' AND level < cardinality(path) AND due_at <= p_now
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'escalate_case' AND item = cases.id AND next_at > clock_timestamp())
     ORDER BY due_at
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_late_cases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_late_cases TO market_app;
