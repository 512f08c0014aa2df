-- Package: casework.
-- Return the cases of all counties that are past their deadline at their last level: nobody is above to decide them.
CREATE OR REPLACE FUNCTION list_overdue_cases(p_now timestamptz, p_most integer)
RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases.id, cases.county_code
      FROM cases
     WHERE state = 'assigned' AND level = cardinality(path) AND due_at <= p_now
     ORDER BY due_at
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_overdue_cases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_overdue_cases TO market_app;
