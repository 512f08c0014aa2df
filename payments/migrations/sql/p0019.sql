-- Verification finds what is in transit without reading the accounts of every order.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_in_transit ON {schema}.accounts (code, currency) WHERE kind = 'transit';
