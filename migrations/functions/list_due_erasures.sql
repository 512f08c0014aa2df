-- Package: subsidies.
-- Return persons who left the register longer ago than their county keeps them, and may be erased, of one county after the
-- other; what hinders is looked for until there are enough. No county keeps anybody
-- for less than a year, so that only who left before that is looked at.
CREATE OR REPLACE FUNCTION list_due_erasures(p_day date, p_years integer, p_most integer)
    RETURNS TABLE (county_code text, person_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS MATERIALIZED (
        SELECT left_once.county_code, left_once.id
          FROM (SELECT DISTINCT m.county_code, m.person_id AS id FROM memberships m
                 WHERE upper(m.valid_during) <= p_day - interval '1 year') AS left_once
         WHERE NOT EXISTS (SELECT FROM register_erasures e WHERE e.person_id = left_once.id)
           AND (SELECT max(coalesce(upper(m.valid_during), 'infinity')) FROM memberships m WHERE m.person_id = left_once.id)
               <= p_day - make_interval(years => coalesce(
                      get_county_setting(left_once.county_code, 'register_years', p_day), p_years))
         ORDER BY left_once.county_code, left_once.id
    )
    SELECT county_code, id FROM gone
     WHERE NOT EXISTS (SELECT FROM list_erasure_obstacles(gone.id, p_day))
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_due_erasures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_due_erasures TO market_app;
