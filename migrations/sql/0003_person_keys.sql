-- Which person an account belongs to: the sealed identity number of an official, and a key that two accounts of one
-- person share. Accounts without an identity number count as a person each.
ALTER TABLE accounts
    ADD COLUMN identity_index bytea,
    ADD COLUMN identity_sealed bytea;
-- A virtual column is computed when it is read; adding one rewrites nothing.
ALTER TABLE accounts
    -- squawk-ignore adding-field-with-default
    ADD COLUMN person_key bytea GENERATED ALWAYS AS (coalesce(identity_index, uuid_send(id))) VIRTUAL;
ALTER TABLE accounts
    ADD CONSTRAINT accounts_identity_complete CHECK ((identity_index IS NULL) = (identity_sealed IS NULL)) NOT VALID;
-- Accounts are few, so that the check in the same transaction is short.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE accounts VALIDATE CONSTRAINT accounts_identity_complete;
-- The condition holds for no row yet, so that the index is built at once.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_by_identity ON accounts (identity_index) WHERE identity_index IS NOT NULL;
