-- Package: reviews.
-- Correct the rating of a listing whose review has other stars now.
CREATE OR REPLACE FUNCTION recount_review() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listings SET rating_sum = rating_sum + new.rating - old.rating WHERE id = new.listing_id;
    RETURN NULL;
END
$$;
