-- Package: identity.
-- An auditor's role: for a county or wider, for 180 days at most, and never beside another role or in another's stead.
ALTER TABLE grants DROP CONSTRAINT grants_role;
ALTER TABLE grants ADD CONSTRAINT grants_role CHECK (role IN (
    'importer', 'policy', 'village', 'township', 'county', 'finance', 'reconciler', 'platform', 'supervisor',
    'auditor')) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_role;
ALTER TABLE grants ADD CONSTRAINT grants_auditor_scope CHECK (role <> 'auditor' OR length(scope) <= 6) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_auditor_scope;
ALTER TABLE grants ADD CONSTRAINT grants_auditor_for_a_time
    CHECK (role <> 'auditor' OR coalesce(upper(valid_during) - lower(valid_during) <= 180, false)) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_auditor_for_a_time;
ALTER TABLE grants ADD CONSTRAINT grants_auditor_no_deputy CHECK (role <> 'auditor' OR deputy_for IS NULL) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_auditor_no_deputy;
ALTER TABLE grants ADD CONSTRAINT grants_auditor_alone EXCLUDE USING gist (
    account_id WITH =, ((role = 'auditor')::integer) WITH <>, valid_during WITH &&);

ALTER TABLE sample_deposits ADD COLUMN deposited_by uuid;
ALTER TABLE sample_deposits ADD CONSTRAINT sample_deposits_account
    FOREIGN KEY (deposited_by) REFERENCES accounts (id) NOT VALID;
ALTER TABLE sample_deposits VALIDATE CONSTRAINT sample_deposits_account;
COMMENT ON COLUMN sample_deposits.deposited_by IS 'Null: deposited by the operator of the system, or before 0126.';
