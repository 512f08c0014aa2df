-- A refund says since when it is pending at the provider, which is asked for those that are pending now.

ALTER TABLE {schema}.refunds ADD COLUMN pending_since timestamptz;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX refunds_pending ON {schema}.refunds (pending_since) WHERE state = 'pending';

UPDATE {schema}.refunds SET pending_since = requested_at WHERE state = 'pending';
UPDATE {schema}.payments SET poll_at = clock_timestamp()
 WHERE id IN (SELECT payment_id FROM {schema}.refunds WHERE state = 'pending');
