-- Dead webhooks stay until a person has requeued them; their number is exported as a metric.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX inbox_dead ON {schema}.inbox (received_at) WHERE state = 'dead';
