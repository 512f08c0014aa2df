-- Package: catalogue.
-- A service of the release before answers searches with an error until it is restarted.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS find_matches(tsquery[], tsquery, text[], text[], tsquery, text[], text, text, date, uuid, bigint, bigint, bigint, uuid, integer);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS count_matches(tsquery, tsquery, text[], text[], tsquery, text[], text, text, date, uuid, bigint, bigint, integer);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS list_search_bands;
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS get_next_search_band;
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS join_words;
-- No row is rewritten: the words are those that are there, with the band in the index only. Listings off sale whose band a
-- smaller market no longer has are few.
UPDATE listings SET score = score WHERE search_band > (SELECT count(*) FROM search_bands);
CREATE INDEX listings_by_band_words ON listings USING gin (list_band_words(search_band, search_words));
-- The planner has no choice to make, and to compute the words of a sample takes seconds.
ALTER INDEX listings_by_band_words ALTER COLUMN 1 SET STATISTICS 0;
