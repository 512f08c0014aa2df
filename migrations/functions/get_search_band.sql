-- Package: listings.
-- Return the band of a listing by its score: 0 for one of the best, and one more for each threshold that it is below.
CREATE OR REPLACE FUNCTION get_search_band(p_score integer, p_id uuid) RETURNS smallint
LANGUAGE sql STABLE
RETURN (SELECT count(*) FROM search_bands WHERE p_score < score OR (p_score = score AND p_id > listing_id))::smallint;
