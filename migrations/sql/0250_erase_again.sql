-- Package: identity.
-- A request that began before an account was closed may still write for it: when the account is erased once more.
ALTER TABLE accounts ADD COLUMN erase_again_at timestamptz;
COMMENT ON COLUMN accounts.erase_again_at IS
    'When what requests wrote that were under way at the closing is erased; null: open, or done.';
ALTER TABLE accounts ADD CONSTRAINT accounts_erased_when_closed CHECK (erase_again_at IS NULL OR closed_at IS NOT NULL);
CREATE INDEX accounts_to_erase_again ON accounts (erase_again_at) WHERE erase_again_at IS NOT NULL;
GRANT UPDATE (erase_again_at) ON accounts TO market_app;
UPDATE accounts SET erase_again_at = closed_at + interval '1 hour' WHERE closed_at IS NOT NULL;
