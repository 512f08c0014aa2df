-- Package: procurement.
-- List the purchases whose red-letter invoice is due within `p_before` days or was within `p_after` days, and whose sellers
-- were not reminded: once before the day, on each day after it.
CREATE OR REPLACE FUNCTION list_unchased_red_letters(p_today date, p_before integer, p_after integer, p_most integer)
RETURNS TABLE (number bigint, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.number, u.county_code
      FROM procurements p
      JOIN orders o ON o.id = p.order_id
      JOIN organisations u ON u.id = p.organisation_id
      CROSS JOIN LATERAL get_red_letter_due(p.reduce_since) AS due (day)
     WHERE p.returned_fen > p.reduced_fen
       AND due.day BETWEEN p_today - p_after AND p_today + p_before
       AND coalesce(p.chased_on, '-infinity') < CASE WHEN due.day < p_today THEN p_today ELSE due.day - p_before END
     ORDER BY due.day, p.order_id
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_unchased_red_letters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_unchased_red_letters TO market_app;
