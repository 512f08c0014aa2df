-- Package: reviews.
-- Add new reviews to the rating of their listings.
CREATE OR REPLACE FUNCTION count_reviews() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listings l
       SET rating_sum = rating_sum + n.sum, rating_count = rating_count + n.count
      FROM (SELECT listing_id, sum(rating)::integer AS sum, count(*)::integer AS count
              FROM added GROUP BY listing_id ORDER BY listing_id) AS n
     WHERE l.id = n.listing_id;
    RETURN NULL;
END
$$;
