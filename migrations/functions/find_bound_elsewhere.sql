-- Package: subsidies.
-- Return the numbers and SIMs of a file that are bound in another county, without revealing the county or person.
CREATE OR REPLACE FUNCTION find_bound_elsewhere(p_county text, p_spans jsonb)
RETURNS TABLE ("row" integer, cell text, "value" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH given AS MATERIALIZED (
        SELECT r."row", r.number, r.sim, daterange(r.start, r.until) AS days
          FROM jsonb_to_recordset(p_spans) AS r("row" integer, number text, sim text, start date, until date))
    SELECT g."row", 'number', g.number FROM given g
      JOIN bindings b ON b.number_key = g.number AND b.valid_during && g.days AND b.county_code <> p_county
    UNION
    SELECT g."row", 'sim', g.sim FROM given g
      JOIN bindings b ON b.sim = g.sim AND b.valid_during && g.days AND b.county_code <> p_county
    ORDER BY 1, 2;
END;
REVOKE ALL ON FUNCTION find_bound_elsewhere FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_bound_elsewhere TO market_app;
