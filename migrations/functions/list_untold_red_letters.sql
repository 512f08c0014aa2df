-- Package: procurement.
-- List the purchases of which more came back than their sellers were told of, with the county of the unit.
CREATE OR REPLACE FUNCTION list_untold_red_letters(p_most integer)
RETURNS TABLE (number bigint, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.number, u.county_code
      FROM procurements p
      JOIN orders o ON o.id = p.order_id
      JOIN organisations u ON u.id = p.organisation_id
     WHERE p.returned_fen > p.reduced_fen AND p.told_fen < p.returned_fen
     ORDER BY p.order_id
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_untold_red_letters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_untold_red_letters TO market_app;
