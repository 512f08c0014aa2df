-- A service of the release before answers searches with an error until it is restarted.
-- squawk-ignore ban-drop-function
DROP FUNCTION list_matches;
-- Triples and whole names of places, which queries ask for, as the service adds them to the words of each listing it
-- writes. Those of the product name are the triples of the text whose pairs are both in the name.
WITH runs AS (
    SELECT l.id, run FROM listings l, regexp_split_to_table(l.search_text, '[^[:alnum:]]+') AS run WHERE run <> ''),
triples AS (
    SELECT id, substr(run, start, 3) AS triple FROM runs, generate_series(1, length(run) - 2) AS start),
added AS (
    SELECT id, array_agg(DISTINCT word) AS words
      FROM (SELECT id, triple AS word FROM triples
            UNION ALL
            SELECT t.id, '=' || triple FROM triples t JOIN listings l ON l.id = t.id
             WHERE l.search_words @@ array_to_string(
                       ARRAY[quote_literal('=' || left(triple, 2)), quote_literal('=' || right(triple, 2))], ' & ')::tsquery
            UNION ALL
            SELECT r.id, '===' || run FROM runs r JOIN listings l ON l.id = r.id
             WHERE NOT l.search_words @@ quote_literal('==' || run)::tsquery) AS found
     GROUP BY id)
UPDATE listings l SET search_words = array_to_tsvector(tsvector_to_array(l.search_words) || added.words)
  FROM added WHERE added.id = l.id;

CREATE TRIGGER listings_marked
    BEFORE INSERT OR UPDATE OF score, search_words, kind, category_code, origin_code, harvest_months ON listings
    FOR EACH ROW EXECUTE FUNCTION mark_listing();
SELECT move_search_bands();
UPDATE listings SET score = score;
