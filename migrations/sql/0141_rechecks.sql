-- 复核: a household is checked by a file, by a lead's decision, or by an official who went there and found nothing changed.
ALTER TABLE register_checks ADD COLUMN account_id uuid;
ALTER TABLE register_checks ADD CONSTRAINT register_checks_account FOREIGN KEY (account_id) REFERENCES accounts NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE register_checks VALIDATE CONSTRAINT register_checks_account;
ALTER TABLE register_checks DROP CONSTRAINT register_checks_one_origin;
ALTER TABLE register_checks
    ADD CONSTRAINT register_checks_one_origin CHECK (num_nonnulls(file_id, lead_id, account_id) = 1) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE register_checks VALIDATE CONSTRAINT register_checks_one_origin;
GRANT UPDATE (account_id) ON register_checks TO market_app;
