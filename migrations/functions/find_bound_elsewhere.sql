-- Package: subsidies.
-- Return the rows of a file whose number or SIM is bound in another county, without revealing the county or person.
CREATE OR REPLACE FUNCTION find_bound_elsewhere(p_county text, p_spans jsonb)
RETURNS TABLE ("row" integer, cell text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT r."row", r.sim_id, daterange(r.start, r.until) AS days,
               compute_number_key(r.operator, r.kind, r.number_id) AS number_key
          FROM jsonb_to_recordset(p_spans) AS r("row" integer, operator text, kind text, number_id bigint,
                                                sim_id bigint, start date, until date))
    SELECT g."row", 'number' FROM given g
      JOIN bindings b ON b.number_key = g.number_key AND b.valid_during && g.days AND b.county_code <> p_county
    UNION
    SELECT g."row", 'sim' FROM given g
      JOIN bindings b ON b.sim_id = g.sim_id AND b.valid_during && g.days AND b.county_code <> p_county
    ORDER BY 1, 2;
END
$$;
REVOKE ALL ON FUNCTION find_bound_elsewhere FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_bound_elsewhere TO market_app;
