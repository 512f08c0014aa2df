-- The secret address of a producer's calendar; only the hash of its secret is stored. Without a row there is none.
CREATE TABLE calendar_feeds (
    producer_id  uuid PRIMARY KEY CONSTRAINT calendar_feeds_producer REFERENCES producers,
    secret_hash  bytea NOT NULL CONSTRAINT calendar_feeds_secret_unique UNIQUE
        CONSTRAINT calendar_feeds_secret_length CHECK (length(secret_hash) = 32),
    created_by   uuid NOT NULL CONSTRAINT calendar_feeds_created_by REFERENCES accounts,
    created_at   timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE (secret_hash, created_by, created_at), DELETE ON calendar_feeds TO market_app;
