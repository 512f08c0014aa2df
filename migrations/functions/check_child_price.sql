-- Package: listings.
-- At commit: in an activity a child pays at most what an adult pays.
CREATE OR REPLACE FUNCTION check_child_price() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM listings
                 JOIN variants adult ON adult.listing_id = listings.id AND adult.position = 0
                 JOIN variants child ON child.listing_id = listings.id AND child.position = 1
                WHERE listings.id = NEW.listing_id AND kind = 'activity' AND child.price_fen > adult.price_fen) THEN
        RAISE EXCEPTION 'a child would pay more than an adult' USING ERRCODE = '23514', CONSTRAINT = 'variants_child_price';
    END IF;
    RETURN NULL;
END;
$$;
