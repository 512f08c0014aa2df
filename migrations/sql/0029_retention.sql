-- Sessions are deleted by age. Devices are looked up among all sessions of an account, ended ones included; an index
-- that does not depend on `revoked_at` is not written when a session ends.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX sessions_by_account;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX sessions_by_account ON sessions (account_id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX sessions_by_age ON sessions (created_at);
GRANT DELETE ON second_factor_uses TO market_app;
