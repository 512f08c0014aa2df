-- Package: listings.
-- Return the counties of the listings that match a search, with their numbers; p_most listings are counted, which of a
-- common word are some of the best. Like find_matches, but the listings of a band have no order.
CREATE OR REPLACE FUNCTION count_matches(
    p_words text, p_filters text, p_pieces text[], p_synonyms text[], p_latin_words tsquery, p_latin_pieces text[],
    p_latin_piece text, p_pinyin text, p_today date, p_producer uuid, p_price_from bigint, p_price_to bigint,
    p_most integer
) RETURNS TABLE (county_code text, count integer)
LANGUAGE plpgsql STABLE ROWS 25 SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    bands integer := (SELECT count(*) FROM search_bands);
    words text := '(' || p_words || ')' || coalesce(' & ' || p_filters, '');
BEGIN
    RETURN QUERY
    SELECT f.county, count(*)::integer
      FROM (SELECT m.county
              FROM generate_series(0, bands) AS band
             CROSS JOIN LATERAL (
                   SELECT l.county_code AS county
                     FROM listings l
                    WHERE list_band_words(l.search_band, l.search_words) @@ replace(words, '#', band::text)::tsquery
                      AND CASE WHEN is_match(l, p_pieces, p_synonyms, p_latin_words, p_latin_pieces, p_latin_piece,
                                             p_pinyin, p_today, p_producer, p_price_from, p_price_to)
                               THEN true ELSE false END
                    LIMIT p_most) AS m
             LIMIT p_most) AS f
     GROUP BY f.county ORDER BY f.county;
END
$$;
REVOKE ALL ON FUNCTION count_matches FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_matches TO market_app;
