-- Package: catalogue.
-- Move the thresholds of the bands to the scores of the 200th live listing, the 600th, and so on by three to the 437,400th; a
-- market with fewer has none. A threshold above which there are still half to twice as many stays, because each listing
-- that changes its band is indexed again.
CREATE OR REPLACE FUNCTION move_search_bands() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    size integer;
    best integer;
    chosen record;
BEGIN
    LOCK TABLE search_bands IN SHARE ROW EXCLUSIVE MODE;
    FOR place IN 0..7 LOOP
        size := 200 * 3 ^ place;
        SELECT count(*) INTO best
          FROM (SELECT FROM search_bands b JOIN listings l
                    ON l.state = 'live' AND l.score >= b.score AND (l.score > b.score OR l.id <= b.listing_id)
                 WHERE b.band = place LIMIT 2 * size + 1) AS above;
        CONTINUE WHEN best BETWEEN size / 2 AND 2 * size;
        DELETE FROM search_bands b WHERE b.band = place;
        INSERT INTO search_bands (band, score, listing_id)
        SELECT place, score, id FROM listings WHERE state = 'live'
         ORDER BY score DESC, id OFFSET size - 1 LIMIT 1;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION move_search_bands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_search_bands TO market_app;
