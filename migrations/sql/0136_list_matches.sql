-- Package: catalogue.
-- Return the listings that match a tsquery and the filters of a search, found by bitmaps of indexes alone, or NULL if they are
-- more than `p_most`. The planner takes a word, or a word with a filter, that no listing has for one that some have, and
-- walks all of them in the order of the page.
CREATE OR REPLACE FUNCTION list_matches(
    p_words tsquery, p_most integer, p_today date DEFAULT NULL, p_kind text DEFAULT NULL, p_category text DEFAULT NULL,
    p_county text DEFAULT NULL, p_division text DEFAULT NULL, p_producer uuid DEFAULT NULL,
    p_month smallint DEFAULT NULL, p_price_from bigint DEFAULT NULL, p_price_to bigint DEFAULT NULL
) RETURNS uuid[]
LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_custom_plan AS $$
    SELECT CASE WHEN count(*) <= p_most THEN coalesce(array_agg(id), '{}') END
      FROM (SELECT id FROM listings
             WHERE search_words @@ p_words
               AND (p_today IS NULL OR state = 'live' AND certified_until >= p_today)
               AND (p_kind IS NULL OR kind = p_kind)
               AND (p_category IS NULL OR category_code = p_category)
               AND (p_county IS NULL OR county_code = p_county)
               AND (p_division IS NULL OR starts_with(origin_code, p_division))
               AND (p_producer IS NULL OR producer_id = p_producer)
               AND (p_month IS NULL OR harvest_months @> ARRAY[p_month])
               AND (p_price_from IS NULL OR listed_price_fen >= p_price_from)
               AND (p_price_to IS NULL OR listed_price_fen <= p_price_to)
             LIMIT p_most + 1) AS found
$$;
