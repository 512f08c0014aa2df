-- What is offered with a product, to everybody, and by the platform, is found by an index, whatever other sellers offer.
-- Package: coupons.
DROP INDEX coupons_open;
CREATE INDEX coupons_open ON coupons (producer_id) WHERE state = 'open';
CREATE INDEX coupons_offered ON coupons (amount_fen DESC, id) WHERE state = 'open' AND code IS NULL;
CREATE INDEX coupons_of_platform ON coupons (state, id) WHERE bearer = 'platform';
