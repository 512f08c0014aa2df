-- Package: reviews.
-- Write the seller of a new review, by which the seller's reviews are listed.
CREATE OR REPLACE FUNCTION set_review_producer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    SELECT producer_id INTO new.producer_id FROM listings WHERE id = new.listing_id;
    RETURN new;
END
$$;
