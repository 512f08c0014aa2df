-- Package: listings.
-- Add to the words of a listing what a search looks up beside them in the same index: its filters, marked with @ (kind,
-- category, each level of its division, months), and #4 if it is in one of the first five bands of its score, where similar
-- listings are looked for. No typed word has such a mark.
CREATE OR REPLACE FUNCTION mark_listing() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.search_band := get_search_band(NEW.score, NEW.id);
    NEW.search_words := array_to_tsvector(
        ARRAY(SELECT word FROM unnest(tsvector_to_array(NEW.search_words)) AS word WHERE word !~ '^[@#]')
        || ARRAY['@k' || NEW.kind, '@c' || NEW.category_code]
        || ARRAY(SELECT DISTINCT '@d' || left(NEW.origin_code, digits) FROM unnest(ARRAY[2, 4, 6, 9, 12]) AS digits)
        || ARRAY(SELECT DISTINCT '@m' || month FROM unnest(NEW.harvest_months) AS month)
        || CASE WHEN NEW.search_band <= 4 THEN ARRAY['#4'] ELSE '{}' END);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION mark_listing FROM PUBLIC;
