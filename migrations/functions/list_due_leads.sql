-- Package: subsidies.
-- Return the leads of all counties that ended longer ago than their county keeps persons, and whose persons were not looked at
-- yet. No county keeps anybody for less than a year.
CREATE OR REPLACE FUNCTION list_due_leads(p_day date, p_years integer, p_most integer)
    RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.id, l.county_code FROM leads l
     WHERE l.persons_erased_at IS NULL AND l.state IN ('decided', 'rejected', 'withdrawn')
       AND l.reported_at < p_day - interval '1 year'
       AND (SELECT business_day(max(s.at)) FROM lead_steps s WHERE s.lead_id = l.id)
           <= p_day - make_interval(years => coalesce(get_county_setting(l.county_code, 'register_years', p_day), p_years))
     ORDER BY l.reported_at
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_due_leads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_due_leads TO market_app;
