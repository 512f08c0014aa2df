-- Package: catalogue.
-- Return the word of each band that is smaller than the market, smallest first, and NULL for the whole market.
CREATE OR REPLACE FUNCTION list_search_bands() RETURNS tsquery[]
LANGUAGE sql STABLE
RETURN array_append(ARRAY(SELECT ('''#' || band || '''')::tsquery FROM search_bands ORDER BY band), NULL);
