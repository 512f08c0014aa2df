-- A day after 9999 cannot be read by the service, and the absence of a contact is read with every session of its sellers.
-- A few rows per county: the check takes milliseconds.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE contacts ADD CONSTRAINT contacts_away_ends CHECK (upper(away_during) < DATE '3000-01-01');
