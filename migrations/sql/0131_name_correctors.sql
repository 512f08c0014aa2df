-- Package: identity.
-- Who corrected a verified name on the desk does not agree to the payout account that is entered under it.
ALTER TABLE accounts ADD COLUMN name_corrected_by uuid;
ALTER TABLE accounts ADD CONSTRAINT accounts_name_corrected_by
    FOREIGN KEY (name_corrected_by) REFERENCES accounts (id) NOT VALID;
ALTER TABLE accounts VALIDATE CONSTRAINT accounts_name_corrected_by;
COMMENT ON COLUMN accounts.name_corrected_by IS 'Null: never corrected, or at the command line.';
GRANT UPDATE (name_corrected_by) ON accounts TO market_app;
