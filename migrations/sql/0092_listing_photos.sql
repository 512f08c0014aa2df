-- More photos of a listing, after its cover (listings.photo_id).
CREATE TABLE listing_photos (
    listing_id uuid NOT NULL CONSTRAINT listing_photos_listing REFERENCES listings,
    position   smallint NOT NULL CONSTRAINT listing_photos_bound CHECK (position BETWEEN 1 AND 5),
    photo_id   uuid NOT NULL CONSTRAINT listing_photos_photo REFERENCES photos,
    CONSTRAINT listing_photos_key PRIMARY KEY (listing_id, position),
    CONSTRAINT listing_photos_once UNIQUE (listing_id, photo_id)
);
CREATE INDEX listing_photos_by_photo ON listing_photos (photo_id);
GRANT SELECT, DELETE, INSERT (listing_id, position, photo_id) ON listing_photos TO market_app;
