-- Applied messages and consumed events by age, so that the old ones are found without reading the others.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX inbox_done ON {schema}.inbox (received_at) WHERE state = 'done';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX events_consumed ON {schema}.events (consumed_at) WHERE consumed_at IS NOT NULL;
