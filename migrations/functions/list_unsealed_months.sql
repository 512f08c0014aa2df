-- Package: subsidies.
-- Return the closed months of all counties that have no evidence pack, in order, without what is in them.
CREATE OR REPLACE FUNCTION list_unsealed_months(p_most integer) RETURNS TABLE (county_code text, month date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT q.county_code, q.month FROM cycles q
     WHERE q.state = 'closed' AND NOT EXISTS (SELECT FROM evidence_packs p WHERE p.cycle_id = q.id)
     ORDER BY q.county_code, q.month LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_unsealed_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_unsealed_months TO market_app;
