-- The partitions in the archive, with the first value after them; of the audit record, the last entry of each chain.
CREATE TABLE archived_partitions (
    name text NOT NULL,
    partition text PRIMARY KEY,
    end_bound text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON archived_partitions TO market_app;

CREATE TABLE archived_audit_heads (
    partition text NOT NULL,
    chain smallint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (chain, sequence),
    CONSTRAINT archived_audit_heads_partition FOREIGN KEY (partition) REFERENCES archived_partitions(partition)
);
GRANT SELECT ON archived_audit_heads TO market_app;

CREATE TABLE idempotency_keys (
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    response bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    replays integer NOT NULL DEFAULT 0,
    CONSTRAINT idempotency_keys_length CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_response_complete CHECK ((status IS NULL) = (response IS NULL)),
    CONSTRAINT idempotency_keys_unique PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
GRANT SELECT, INSERT, DELETE, UPDATE (status, response, replays) ON idempotency_keys TO market_app;
