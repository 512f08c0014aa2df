-- The file that each operator is sent for a settled month, kept sealed: what it was is asked when it answers.
-- Its sum is the sum that the operator is paid.
ALTER TABLE settlements ADD CONSTRAINT settlements_paid UNIQUE (cycle_id, operator, pay_fen);
CREATE TABLE settlement_files (
    cycle_id       uuid NOT NULL,
    operator       text NOT NULL,
    county_code    text NOT NULL,
    rows           integer NOT NULL CONSTRAINT settlement_files_rows CHECK (rows >= 0),
    sum_fen        bigint NOT NULL,
    sha256         text NOT NULL CONSTRAINT settlement_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content_sealed bytea NOT NULL,
    CONSTRAINT settlement_files_pkey PRIMARY KEY (cycle_id, operator),
    CONSTRAINT settlement_files_paid FOREIGN KEY (cycle_id, operator, sum_fen)
        REFERENCES settlements (cycle_id, operator, pay_fen)
);
-- Sealed bytes cannot be compressed.
ALTER TABLE settlement_files ALTER COLUMN content_sealed SET STORAGE EXTERNAL;
ALTER TABLE settlement_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY settlement_files_visible_county ON settlement_files TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON settlement_files TO market_app;
-- Only the sealed column may change, when keys rotate.
CREATE TRIGGER settlement_files_append_only
    BEFORE DELETE OR UPDATE OF cycle_id, operator, county_code, rows, sum_fen, sha256 ON settlement_files
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_files_no_truncate BEFORE TRUNCATE ON settlement_files
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
