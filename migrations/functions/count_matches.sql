-- Package: catalogue.
-- Return the counties of the listings that match a search, with their numbers; p_most listings are counted, which of a
-- common word are some of the best. Like find_matches, but it stops reading when they are found.
CREATE OR REPLACE FUNCTION count_matches(
    p_words tsquery, p_filters tsquery, p_pieces text[], p_synonyms text[], p_latin_words tsquery, p_latin_pieces text[],
    p_latin_piece text, p_pinyin text, p_today date, p_producer uuid, p_price_from bigint, p_price_to bigint,
    p_most integer
) RETURNS TABLE (county_code text, count integer)
LANGUAGE plpgsql STABLE ROWS 25 SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    bands tsquery[] := list_search_bands();
    place integer := 1;
    words tsquery;
    counties text[];
    matches integer;
BEGIN
    LOOP
        words := join_words(p_words, p_filters, bands[place]);
        SELECT array_agg(m.county_code) INTO counties
          FROM (SELECT l.county_code
                  FROM listings l
                 WHERE l.search_words @@ words
                   AND CASE WHEN is_match(l, p_pieces, p_synonyms, p_latin_words, p_latin_pieces, p_latin_piece,
                                          p_pinyin, p_today, p_producer, p_price_from, p_price_to)
                            THEN true ELSE false END
                 LIMIT p_most) AS m;
        matches := coalesce(cardinality(counties), 0);
        EXIT WHEN matches = p_most OR place = cardinality(bands);
        place := get_next_search_band(place, cardinality(bands), matches, p_most);
    END LOOP;
    RETURN QUERY
    SELECT f.county_code, count(*)::integer FROM unnest(counties) AS f (county_code)
     GROUP BY f.county_code ORDER BY f.county_code;
END
$$;
REVOKE ALL ON FUNCTION count_matches FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_matches TO market_app;
