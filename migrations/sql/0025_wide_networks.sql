-- Codes are also counted by the /48 around a /64 of IPv6. Codes of earlier releases are older than an hour soon.
ALTER TABLE sign_in_codes ADD COLUMN wide_network text;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX sign_in_codes_by_wide_network ON sign_in_codes (wide_network, sent_at);
