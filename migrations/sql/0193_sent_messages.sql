-- A text message is deleted when the provider has accepted it: nobody reads it afterwards, and it names a telephone.
-- What was given up stays for a month. A claim moves no entry of an index.

DELETE FROM messages WHERE sent_at IS NOT NULL;
DROP INDEX messages_due_codes;
DROP INDEX messages_due_notices;
DROP INDEX messages_by_age;
-- The few messages that wait or were given up are read as a whole when a telephone is erased.
DROP INDEX messages_by_phone;
-- squawk-ignore ban-drop-column
ALTER TABLE messages DROP COLUMN sent_at, DROP COLUMN delivered_at, DROP COLUMN provider_ref;
ALTER TABLE messages ADD COLUMN leased_until timestamptz;
ALTER TABLE messages SET (fillfactor = 50);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_due_codes ON messages (next_at) WHERE template = 'code' AND dead_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_due_notices ON messages (next_at) WHERE template <> 'code' AND dead_at IS NULL;

GRANT UPDATE (leased_until) ON messages TO market_app;
