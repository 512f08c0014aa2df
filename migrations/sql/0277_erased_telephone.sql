-- Package: identity.
-- A request that began before an account was closed may still queue a message to its telephone, which is found by this.
ALTER TABLE accounts ADD COLUMN erased_phone_index bytea;
COMMENT ON COLUMN accounts.erased_phone_index IS
    'The keyed hash of the telephone of a closed account, until what requests wrote that were under way is erased.';
ALTER TABLE accounts ADD CONSTRAINT accounts_telephone_until_erased
    CHECK (erased_phone_index IS NULL OR erase_again_at IS NOT NULL);
GRANT UPDATE (erased_phone_index) ON accounts TO market_app;
