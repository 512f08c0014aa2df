-- Package: procurement.
-- List the purchases whose acceptance is due within `p_before` days or was within `p_after` days, and whose units were
-- not reminded: once before the day, on each day after it.
CREATE OR REPLACE FUNCTION list_unchased_acceptances(p_today date, p_before integer, p_after integer, p_most integer)
RETURNS TABLE (number bigint, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.number, u.county_code
      FROM procurements p
      JOIN orders o ON o.id = p.order_id
      JOIN organisations u ON u.id = p.organisation_id
      CROSS JOIN LATERAL get_acceptance_due(p.delivered_at) AS due (day)
     WHERE p.state = 'delivered'
       AND due.day BETWEEN p_today - p_after AND p_today + p_before
       AND coalesce(p.chased_on, '-infinity') < CASE WHEN due.day < p_today THEN p_today ELSE due.day - p_before END
     ORDER BY due.day, p.order_id
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_unchased_acceptances FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_unchased_acceptances TO market_app;
