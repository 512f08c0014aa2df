-- Numbers, accounts, SIMs and devices of subsidised lines are encrypted once each; other tables have their ids. They are
-- of no county, so that a number is the same in all; who may read a row that names one is decided there.
CREATE TABLE identifiers (
    id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT identifiers_pkey PRIMARY KEY,
    value_index  bytea NOT NULL CONSTRAINT identifiers_value UNIQUE,
    value_sealed bytea NOT NULL
);
GRANT SELECT, INSERT ON identifiers TO market_app;

-- The revision encrypts here what is stored in clear.
CREATE TEMPORARY TABLE plain_identifiers (
    value        text PRIMARY KEY,
    value_index  bytea NOT NULL,
    value_sealed bytea NOT NULL,
    id           bigint
) ON COMMIT DROP;
