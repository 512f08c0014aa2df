-- Package: catalogue.
-- Return the place of the band in which so many matches are expected as are missing, when a band has fewer; each has three
-- times as many listings as the one before.
CREATE OR REPLACE FUNCTION get_next_search_band(p_place integer, p_bands integer, p_matches integer, p_most integer)
RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN least(p_bands, p_place + CASE WHEN p_matches = 0 THEN 4
                                     ELSE greatest(1, ceil(log(3, 1.5 * p_most / p_matches)))::integer END);
