-- Package: casework.
-- Return the cases of all counties that are past their deadline at their last level, as nobody is above to decide them: the
-- earliest due first, behind a deadline and a case.
CREATE OR REPLACE FUNCTION list_overdue_cases(p_now timestamptz, p_after_due timestamptz, p_after_id uuid, p_most integer)
RETURNS TABLE (id uuid, county_code text, due_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases.id, cases.county_code, cases.due_at
      FROM cases
     WHERE state = 'assigned' AND level = cardinality(path) AND cases.due_at <= p_now
       AND (cases.due_at, cases.id) > (p_after_due, p_after_id)
     ORDER BY cases.due_at, cases.id
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_overdue_cases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_overdue_cases TO market_app;
