-- What is refunded to who cancels changes after publishing: each version holds for the orders placed while it was valid.
ALTER TABLE cancel_tiers ADD COLUMN valid_during tstzrange NOT NULL DEFAULT '(,)'
    CONSTRAINT cancel_tiers_valid CHECK (NOT isempty(valid_during));
ALTER TABLE cancel_tiers DROP CONSTRAINT cancel_tiers_unique;
ALTER TABLE cancel_tiers ADD CONSTRAINT cancel_tiers_unique
    PRIMARY KEY (listing_id, holiday, days_before, valid_during WITHOUT OVERLAPS);
CREATE INDEX cancel_tiers_by_listing ON cancel_tiers (listing_id);
GRANT UPDATE (valid_during) ON cancel_tiers TO market_app;
CREATE CONSTRAINT TRIGGER variants_child_price AFTER INSERT OR UPDATE ON variants DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_child_price();
