-- A farm takes no new orders on the days of a closure, and sends nothing. It is open again by itself afterwards.
CREATE TABLE closures (
    id            uuid NOT NULL DEFAULT uuidv7() CONSTRAINT closures_pkey PRIMARY KEY,
    producer_id   uuid NOT NULL CONSTRAINT closures_producer REFERENCES producers,
    closed_during daterange NOT NULL CONSTRAINT closures_days CHECK (
        NOT isempty(closed_during) AND NOT lower_inf(closed_during) AND NOT upper_inf(closed_during)
        AND upper(closed_during) - lower(closed_during) <= 30),
    reason        text NOT NULL CONSTRAINT closures_reason CHECK (reason IN ('harvest', 'road', 'other')),
    created_by    uuid NOT NULL CONSTRAINT closures_created_by REFERENCES accounts,
    created_at    timestamptz NOT NULL,
    CONSTRAINT closures_do_not_overlap UNIQUE (producer_id, closed_during WITHOUT OVERLAPS)
);
CREATE INDEX closures_by_creator ON closures (created_by);
GRANT SELECT, INSERT (producer_id, closed_during, reason, created_by, created_at), UPDATE (closed_during), DELETE
    ON closures TO market_app;
