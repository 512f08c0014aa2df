-- The files of listings that were imported: the same content again changes nothing.
CREATE TABLE listing_files (
    producer_id uuid NOT NULL CONSTRAINT listing_files_producer REFERENCES producers,
    sha256      bytea NOT NULL CONSTRAINT listing_files_sha256 CHECK (length(sha256) = 32),
    name        text NOT NULL CONSTRAINT listing_files_name_length CHECK (length(name) BETWEEN 1 AND 200),
    numbers     bigint[] NOT NULL,
    imported_by uuid NOT NULL CONSTRAINT listing_files_imported_by REFERENCES accounts,
    imported_at timestamptz NOT NULL,
    CONSTRAINT listing_files_pkey PRIMARY KEY (producer_id, sha256)
);
CREATE INDEX listing_files_by_importer ON listing_files (imported_by);
COMMENT ON COLUMN listing_files.numbers IS 'of the listings that it published, in the order of its rows';
GRANT SELECT, INSERT ON listing_files TO market_app;
