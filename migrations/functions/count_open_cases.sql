-- Package: casework.
-- Count the cases of some categories that are not closed, in a county, a prefecture or a province: a number, without
-- the cases. With `p_late_at` only those that went up a level, or whose deadline passed by then.
CREATE OR REPLACE FUNCTION count_open_cases(p_scope text, p_categories text[], p_late_at timestamptz)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM cases
     WHERE starts_with(county_code, p_scope) AND category = ANY(p_categories) AND state <> 'closed'
       AND (p_late_at IS NULL OR level > 1 OR due_at <= p_late_at)
$$;
REVOKE ALL ON FUNCTION count_open_cases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_open_cases TO market_app;
