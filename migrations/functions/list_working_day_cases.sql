-- Package: casework.
-- Return the open cases of all counties with a level that is due in working days: what a worker has to know to look at
-- the deadline of each in a transaction of its county.
CREATE OR REPLACE FUNCTION list_working_day_cases(p_after uuid, p_most integer)
RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases.id, cases.county_code
      FROM cases
      JOIN case_categories ON code = category AND valid_during @> lower(received_during)
     WHERE state = 'assigned' AND units[level] = 'working_day' AND cases.id > p_after
     ORDER BY cases.id
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_working_day_cases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_working_day_cases TO market_app;
