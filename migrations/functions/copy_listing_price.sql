-- Package: listings.
-- Copy the price of a listing's first pack to the listing, for the order of lists by price.
CREATE OR REPLACE FUNCTION copy_listing_price() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE listings SET listed_price_fen = NEW.price_fen
     WHERE id = NEW.listing_id AND listed_price_fen IS DISTINCT FROM NEW.price_fen;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION copy_listing_price FROM PUBLIC;
