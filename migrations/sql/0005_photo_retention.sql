-- Unused photos are counted by account and deleted.
-- The table is small while this runs: photos are never more than listings and certificates.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX photos_by_owner ON photos (owner_id, created_at);
GRANT DELETE ON photos TO market_app;
