-- Package: catalogue.
-- Return the p_most best listings behind a row of a search, best first: those of the first tier, then of the next, each by
-- score. `key` is the score plus 2^40 for each tier behind; `base` is that plus alone.
--
-- A tier is a tsquery with filters as words. The index of words has no order, so that all matches of a common word would be
-- read for the best of them. Each listing has the band of its score among its words (see mark_listing): of a common word the
-- matches among the best 200 listings suffice, of a rarer one those among the best 600, and of a rare one all are few.
-- About three times as many listings are read as are returned, whatever the word and the size of the market.
--
-- All other conditions are in a CASE, so that the index of words alone is used, whatever the planner expects.
CREATE OR REPLACE FUNCTION find_matches(
    p_tiers tsquery[], p_filters tsquery, p_pieces text[], p_synonyms text[], p_latin_words tsquery, p_latin_pieces text[],
    p_latin_piece text, p_pinyin text, p_today date, p_producer uuid, p_price_from bigint, p_price_to bigint,
    p_after_key bigint, p_after_id uuid, p_most integer
) RETURNS TABLE (id uuid, key bigint, base bigint, county_code text)
LANGUAGE plpgsql STABLE ROWS 25 SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    left_over integer := p_most;
    tiers integer := cardinality(p_tiers);
    bands tsquery[] := list_search_bands();
    place integer;
    words tsquery;
    plus bigint;
    ids uuid[];
    keys bigint[];
    counties text[];
    matches integer;
BEGIN
    FOR tier IN 1..tiers LOOP
        plus := (tiers - tier) * 1099511627776;
        -- All of this tier stands before the row.
        CONTINUE WHEN p_after_key < plus - 549755813888;
        place := 1;
        LOOP
            words := join_words(p_tiers[tier], p_filters, bands[place]);
            SELECT array_agg(m.id), array_agg(m.key), array_agg(m.county) INTO ids, keys, counties
              FROM (SELECT l.id, l.score + plus AS key, l.county_code AS county
                      FROM listings l
                     WHERE l.search_words @@ words
                       AND CASE WHEN l.score + plus > p_after_key OR (l.score + plus = p_after_key AND l.id <= p_after_id)
                                THEN false
                                ELSE is_match(l, p_pieces, p_synonyms, p_latin_words, p_latin_pieces, p_latin_piece,
                                              p_pinyin, p_today, p_producer, p_price_from, p_price_to) END
                     ORDER BY l.score + plus DESC, l.id
                     LIMIT left_over) AS m;
            matches := coalesce(cardinality(ids), 0);
            EXIT WHEN matches = left_over OR place = cardinality(bands);
            place := get_next_search_band(place, cardinality(bands), matches, left_over);
        END LOOP;
        RETURN QUERY SELECT f.id, f.key, plus, f.county FROM unnest(ids, keys, counties) AS f (id, key, county);
        left_over := left_over - matches;
        EXIT WHEN left_over = 0;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION find_matches FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_matches TO market_app;
