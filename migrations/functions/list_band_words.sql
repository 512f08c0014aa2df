-- Package: listings.
-- Return the words of a listing with its band before each, `2大枣`: what a search looks up, so that it reads the best listings
-- with a word without those of other bands. No word has the separator.
CREATE OR REPLACE FUNCTION list_band_words(p_band smallint, p_words tsvector) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN array_to_tsvector(string_to_array(
        p_band || array_to_string(tsvector_to_array(p_words), E'\x1f' || p_band), E'\x1f'));
END
$$;
REVOKE ALL ON FUNCTION list_band_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_band_words TO market_app;
