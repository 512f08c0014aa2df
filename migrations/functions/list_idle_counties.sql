-- Package: subsidies.
-- Return the counties that have a programme with an idle rule. It runs as the owner, because the worker has no county until it
-- knows them.
CREATE OR REPLACE FUNCTION list_idle_counties() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT county_code FROM programme_rules WHERE idle_days IS NOT NULL ORDER BY county_code
$$;
REVOKE ALL ON FUNCTION list_idle_counties FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_idle_counties TO market_app;
