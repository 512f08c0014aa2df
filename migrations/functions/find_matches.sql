-- Package: listings.
-- Return the p_most best listings behind a row of a search, best first: those of the first tier, then of the next, each by
-- score. `key` is the score plus 2^40 for each tier behind; `base` is that plus alone.
--
-- A tier is the text of a tsquery, with filters as words and # before each word, which stands for a band. The index of words
-- has no order, so that all matches of a common word would be read for the best of them; but each word is indexed with the
-- band of the listing's score (see list_band_words). The bands are looked up one after another, the best first, in one
-- statement that ends when it has enough: the rows of the outer side of the join come in its order, as each has an inner side
-- of its own. About three times as many listings are read as are returned, none twice, whatever the word and the market.
--
-- All other conditions are in a CASE, so that the index of words alone is used, whatever the planner expects.
CREATE OR REPLACE FUNCTION find_matches(
    p_tiers text[], p_filters text, p_pieces text[], p_synonyms text[], p_latin_words tsquery, p_latin_pieces text[],
    p_latin_piece text, p_pinyin text, p_today date, p_producer uuid, p_price_from bigint, p_price_to bigint,
    p_after_key bigint, p_after_id uuid, p_most integer
) RETURNS TABLE (id uuid, key bigint, base bigint, county_code text)
LANGUAGE plpgsql STABLE ROWS 25 SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    bands integer := (SELECT count(*) + 1 FROM search_bands);
    tiers integer := cardinality(p_tiers);
    filters text := coalesce(' & ' || p_filters, '');
BEGIN
    RETURN QUERY
    SELECT m.id, m.score + s.plus, s.plus, m.county
      FROM (SELECT '(' || p_tiers[1 + step / bands] || ')' || filters AS words, (step % bands)::text AS band,
                   (tiers - 1 - step / bands) * 1099511627776 AS plus
              FROM generate_series(0, tiers * bands - 1) AS step) AS s
     CROSS JOIN LATERAL (
           SELECT l.id, l.score, l.county_code AS county
             FROM listings l
            WHERE list_band_words(l.search_band, l.search_words) @@ replace(s.words, '#', s.band)::tsquery
              AND CASE WHEN l.score + s.plus > p_after_key OR (l.score + s.plus = p_after_key AND l.id <= p_after_id)
                       THEN false
                       ELSE is_match(l, p_pieces, p_synonyms, p_latin_words, p_latin_pieces, p_latin_piece,
                                     p_pinyin, p_today, p_producer, p_price_from, p_price_to) END
            ORDER BY l.score DESC, l.id
            LIMIT p_most) AS m
     -- All of a tier above it stands before the row.
     WHERE s.plus - 549755813888 <= p_after_key
     LIMIT p_most;
END
$$;
REVOKE ALL ON FUNCTION find_matches FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_matches TO market_app;
