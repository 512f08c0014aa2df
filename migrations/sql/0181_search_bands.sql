CREATE TABLE search_bands (
    band smallint CONSTRAINT search_bands_unique PRIMARY KEY,
    score integer NOT NULL,
    listing_id uuid NOT NULL,
    CONSTRAINT search_bands_known CHECK (band BETWEEN 0 AND 7)
);
COMMENT ON TABLE search_bands IS 'Package catalogue: the last listing of the best 200, 600 and so on by three to 437,400 by score.';
GRANT SELECT ON search_bands TO market_app;
ALTER TABLE listings ADD COLUMN search_band smallint NOT NULL DEFAULT 0;
