-- The files that a county imported about its villages: the same file again changes nothing.
CREATE TABLE county_files (
    kind text NOT NULL,
    county_code text NOT NULL,
    sha256 text NOT NULL,
    name text NOT NULL,
    rows integer NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT county_files_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT county_files_kind CHECK (kind ~ '^[a-z_]{2,30}$'),
    CONSTRAINT county_files_name CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT county_files_rows CHECK (rows >= 0),
    CONSTRAINT county_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (kind, county_code, sha256),
    CONSTRAINT county_files_importer FOREIGN KEY (imported_by) REFERENCES accounts(id)
);
CREATE INDEX county_files_by_importer ON county_files (imported_by);
ALTER TABLE county_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY county_files_visible_county ON county_files TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON county_files TO market_app;
COMMENT ON COLUMN county_files.county_code IS 'Six digits; 000000 of files for the whole country.';
