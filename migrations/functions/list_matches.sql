-- Package: catalogue.
-- Return the listings that match a tsquery, found by the index of words alone, or NULL if they are more than `p_most`. The planner
-- takes a word that no listing has for one that some have, and walks all of them in the order of the page.
CREATE OR REPLACE FUNCTION list_matches(p_words tsquery, p_most integer) RETURNS uuid[]
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
    SELECT CASE WHEN count(*) <= p_most THEN coalesce(array_agg(id), '{}') END
      FROM (SELECT id FROM listings WHERE search_words @@ p_words LIMIT p_most + 1) AS found
$$;
