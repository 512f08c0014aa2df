-- Messages are found by phone, so that they are deleted with the account; those from before are deleted after 30 days.
ALTER TABLE messages ADD COLUMN phone_index bytea;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX messages_by_phone ON messages (phone_index);
-- Closing an account deletes its sessions with the names of its devices.
GRANT DELETE ON sessions TO market_app;
