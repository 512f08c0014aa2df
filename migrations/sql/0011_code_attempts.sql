-- Attempts at a code are counted per network, and codes of devices on which the account was used are kept apart.
ALTER TABLE sign_in_codes ADD COLUMN known_device boolean NOT NULL DEFAULT false;
ALTER TABLE sign_in_codes
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT sign_in_codes_attempts,
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT sign_in_codes_attempts CHECK (attempts BETWEEN 0 AND 15);

CREATE TABLE sign_in_attempts (
    code_id  uuid NOT NULL CONSTRAINT sign_in_attempts_code REFERENCES sign_in_codes ON DELETE CASCADE,
    network  text NOT NULL,
    attempts smallint NOT NULL DEFAULT 1 CONSTRAINT sign_in_attempts_range CHECK (attempts BETWEEN 1 AND 5),
    CONSTRAINT sign_in_attempts_unique PRIMARY KEY (code_id, network)
);
GRANT SELECT, INSERT, UPDATE ON sign_in_attempts TO market_app;
