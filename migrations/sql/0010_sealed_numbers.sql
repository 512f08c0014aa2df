-- Certificate numbers are encrypted; `number` holds those of earlier releases until `market reseal` has encrypted them.
-- Stored answers of earlier releases are not encrypted: they are forgotten, so that no dump has a number in clear.
ALTER TABLE certificates
    ADD COLUMN number_index bytea,
    ADD COLUMN number_sealed bytea;
DELETE FROM idempotency_keys WHERE status IS NOT NULL;
