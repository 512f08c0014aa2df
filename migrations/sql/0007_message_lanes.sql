-- Text messages are leased one by one, codes apart from notices, and given up with a reason.
ALTER TABLE messages
    -- squawk-ignore adding-field-with-default
    ADD COLUMN next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN error text,
    ADD COLUMN dead_at timestamptz,
    ADD COLUMN provider_ref text,
    ADD COLUMN delivered_at timestamptz;
-- squawk-ignore ban-drop-column
ALTER TABLE messages DROP COLUMN attempted_at;
UPDATE messages SET dead_at = clock_timestamp(), error = 'given up before release 0.2'
 WHERE sent_at IS NULL AND (attempts >= 5 OR template = 'code');

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX messages_to_send;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_due_codes ON messages (next_at)
    WHERE template = 'code' AND sent_at IS NULL AND dead_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_due_notices ON messages (next_at)
    WHERE template <> 'code' AND sent_at IS NULL AND dead_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_dead ON messages (dead_at) WHERE dead_at IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_by_age ON messages (queued_at);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_by_provider_ref ON messages (provider_ref) WHERE provider_ref IS NOT NULL;

GRANT DELETE ON messages TO market_app;
