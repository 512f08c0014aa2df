-- Package: catalogue.
-- Return the tsquery that requires each of the given ones that is not NULL.
CREATE OR REPLACE FUNCTION join_words(p_words tsquery, p_filters tsquery, p_band tsquery) RETURNS tsquery
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN p_filters IS NULL AND p_band IS NULL THEN p_words
            WHEN p_filters IS NULL THEN p_words && p_band
            WHEN p_band IS NULL THEN p_words && p_filters
            ELSE p_words && p_filters && p_band END;
