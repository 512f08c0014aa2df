-- An event that its consumer cannot handle is retried after a delay and finally given up with its error.
ALTER TABLE {schema}.events
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN next_at timestamptz,
    ADD COLUMN error text,
    ADD COLUMN dead_at timestamptz;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX {schema}.events_unconsumed;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX events_unconsumed ON {schema}.events (id) WHERE consumed_at IS NULL AND dead_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX events_unconsumed_of_order ON {schema}.events (order_ref)
    WHERE consumed_at IS NULL AND dead_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX events_dead ON {schema}.events (dead_at) WHERE dead_at IS NOT NULL;
