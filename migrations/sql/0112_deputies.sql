-- Package: identity.
-- A role that is held for a time in another official's stead.
ALTER TABLE grants ADD COLUMN deputy_for uuid;
ALTER TABLE grants ADD CONSTRAINT grants_deputy_for FOREIGN KEY (deputy_for) REFERENCES accounts (id) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_deputy_for;
ALTER TABLE grants ADD CONSTRAINT grants_deputy_is_another CHECK (deputy_for <> account_id) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_deputy_is_another;
ALTER TABLE grants ADD CONSTRAINT grants_deputy_for_a_time
    CHECK (deputy_for IS NULL OR coalesce(upper(valid_during) - lower(valid_during) <= 90, false)) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_deputy_for_a_time;
CREATE INDEX grants_by_deputy_for ON grants (deputy_for) WHERE deputy_for IS NOT NULL;
