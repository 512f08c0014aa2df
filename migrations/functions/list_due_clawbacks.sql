-- Package: subsidies.
-- Return the decisions of all counties whose term of appeal is over: what a worker has to know to post each in a transaction of its
-- county.
CREATE OR REPLACE FUNCTION list_due_clawbacks(p_day date, p_most integer) RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, county_code FROM clawbacks WHERE state = 'served' AND appeal_until < p_day ORDER BY appeal_until, id LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_due_clawbacks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_due_clawbacks TO market_app;
