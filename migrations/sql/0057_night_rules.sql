-- What nights cost and how many a guest stays at least, by rule; an empty holiday is every holiday.
CREATE TABLE night_rules (
    listing_id uuid NOT NULL CONSTRAINT night_rules_listing REFERENCES listings,
    applies    text NOT NULL CONSTRAINT night_rules_applies CHECK (applies IN ('always', 'weekend', 'holiday')),
    holiday    text NOT NULL DEFAULT '',
    price_fen  bigint CONSTRAINT night_rules_price CHECK (price_fen BETWEEN 1 AND 100000000),
    min_nights smallint CONSTRAINT night_rules_min_nights CHECK (min_nights BETWEEN 1 AND 30),
    CONSTRAINT night_rules_unique PRIMARY KEY (listing_id, applies, holiday),
    CONSTRAINT night_rules_holiday CHECK (applies = 'holiday' OR holiday = ''),
    CONSTRAINT night_rules_base_price CHECK (applies <> 'always' OR price_fen IS NULL),
    CONSTRAINT night_rules_not_empty CHECK (num_nonnulls(price_fen, min_nights) > 0)
);
GRANT SELECT, INSERT, DELETE ON night_rules TO market_app;

-- Dated terms may set the price, the least number of nights, or both.
ALTER TABLE night_prices ADD COLUMN min_nights smallint;
-- squawk-ignore ban-drop-not-null
ALTER TABLE night_prices ALTER COLUMN price_fen DROP NOT NULL;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE night_prices ADD CONSTRAINT night_prices_min_nights CHECK (min_nights BETWEEN 1 AND 30);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE night_prices ADD CONSTRAINT night_prices_not_empty CHECK (num_nonnulls(price_fen, min_nights) > 0);
