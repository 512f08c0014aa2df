-- Package: listings.
-- Move the thresholds of the bands to the scores of the 200th live listing, the 600th, and so on by three to the 437,400th. A
-- threshold above which there are still half to twice as many stays, because each listing that changes its band is
-- indexed again. A market with fewer has none, but one that had more keeps the threshold below every score: no listing is
-- in a band behind the last, in which no search would look.
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
        SELECT score, id INTO chosen FROM listings WHERE state = 'live' ORDER BY score DESC, id OFFSET size - 1 LIMIT 1;
        IF FOUND THEN
            INSERT INTO search_bands AS b (band, score, listing_id) VALUES (place, chosen.score, chosen.id)
            ON CONFLICT (band) DO UPDATE SET score = chosen.score, listing_id = chosen.id;
        ELSE
            UPDATE search_bands b SET score = -2147483648, listing_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
             WHERE b.band = place;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION move_search_bands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_search_bands TO market_app;
