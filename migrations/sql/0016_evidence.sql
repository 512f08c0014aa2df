-- Evidence is never overwritten: each imported fact names its file, superseded versions are kept, and the bytes of
-- every imported file are kept sealed.

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'persons', 'household_statuses', 'memberships', 'programmes', 'programme_terms', 'programme_sentences', 'plans',
        'budgets', 'bindings', 'enrolments']
    LOOP
        -- Facts of before this revision have no file.
        EXECUTE format('ALTER TABLE %I ADD COLUMN file_id uuid CONSTRAINT %I REFERENCES import_files',
                       table_name, table_name || '_file');
    END LOOP;
END
$$;

-- The identity number behind the index, for the county's own copy of its file.
ALTER TABLE bindings ADD COLUMN identity_sealed bytea;
ALTER TABLE enrolments ADD COLUMN identity_sealed bytea;

-- A fact as it was until another file, or a person at the database, changed or removed it. `fact` is its table,
-- `subject` the line, person, household, programme, plan or month it is about, `facts` the row without sealed columns;
-- `file_id` is the file that brought it, `replaced_by` the file that replaced it (NULL if no file did).
CREATE TABLE fact_versions (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT fact_versions_pkey PRIMARY KEY,
    county_code text NOT NULL,
    fact        text NOT NULL,
    subject     text NOT NULL,
    facts       jsonb NOT NULL,
    name_sealed bytea,
    file_id     uuid CONSTRAINT fact_versions_file REFERENCES import_files,
    replaced_by uuid CONSTRAINT fact_versions_replaced_by REFERENCES import_files,
    replaced_at timestamptz NOT NULL
);
CREATE INDEX fact_versions_by_subject ON fact_versions (county_code, fact, subject, replaced_at);

-- The bytes of an imported file and of the files attached to it: compressed, then sealed.
CREATE TABLE import_originals (
    file_id        uuid NOT NULL CONSTRAINT import_originals_file REFERENCES import_files,
    name           text NOT NULL CONSTRAINT import_originals_name_length CHECK (length(name) BETWEEN 1 AND 200),
    attached       boolean NOT NULL,
    county_code    text NOT NULL,
    sha256         text NOT NULL CONSTRAINT import_originals_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes          integer NOT NULL CONSTRAINT import_originals_bytes CHECK (bytes BETWEEN 0 AND 67108864),
    content_sealed bytea NOT NULL,
    CONSTRAINT import_originals_pkey PRIMARY KEY (file_id, attached, name)
);
-- Sealed bytes cannot be compressed.
ALTER TABLE import_originals ALTER COLUMN content_sealed SET STORAGE EXTERNAL;
