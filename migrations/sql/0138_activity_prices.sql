-- What a day of an activity costs is ruled as a night of a stay is: dated terms, holidays, weekends; with a price for a child.
ALTER TABLE night_prices ADD COLUMN child_price_fen bigint;
ALTER TABLE night_prices ADD CONSTRAINT night_prices_child_price
    CHECK (child_price_fen IS NULL OR (price_fen IS NOT NULL AND child_price_fen BETWEEN 1 AND price_fen));
ALTER TABLE night_rules ADD COLUMN child_price_fen bigint;
ALTER TABLE night_rules ADD CONSTRAINT night_rules_child_price
    CHECK (child_price_fen IS NULL OR (price_fen IS NOT NULL AND child_price_fen BETWEEN 1 AND price_fen));
-- The function that follows also returns the price of a child.
-- squawk-ignore ban-drop-function
DROP FUNCTION list_night_prices(uuid, date, date);
