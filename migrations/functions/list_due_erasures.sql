-- Package: subsidies.
-- Return persons who left the register longer ago than their county keeps them, and may be erased.
CREATE OR REPLACE FUNCTION list_due_erasures(p_day date, p_years integer, p_most integer)
    RETURNS TABLE (county_code text, person_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS MATERIALIZED (
        SELECT p.county_code, p.id
          FROM persons p JOIN memberships m ON m.person_id = p.id
         WHERE NOT EXISTS (SELECT FROM register_erasures e WHERE e.person_id = p.id)
         GROUP BY p.county_code, p.id
        HAVING max(coalesce(upper(m.valid_during), 'infinity'))
               <= p_day - make_interval(years => coalesce(
                      get_county_setting(p.county_code, 'register_years', p_day), p_years))
    )
    SELECT county_code, id FROM gone
     WHERE NOT EXISTS (SELECT FROM list_erasure_obstacles(gone.id, p_day))
     ORDER BY county_code, id LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_due_erasures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_due_erasures TO market_app;
