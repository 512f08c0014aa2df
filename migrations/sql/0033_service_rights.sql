-- An office, a second factor, an identity number and a session are given by functions of the owner that record it in the
-- same call; the service may not write them itself.
REVOKE INSERT, UPDATE, DELETE ON grants FROM market_app;
REVOKE INSERT, UPDATE ON sessions FROM market_app;
GRANT UPDATE (seen_at, factor_attempts, revoked_at) ON sessions TO market_app;
REVOKE INSERT, UPDATE ON accounts FROM market_app;
GRANT INSERT (name, phone_index, phone_sealed, sample, created_at), UPDATE (name, elder) ON accounts TO market_app;
