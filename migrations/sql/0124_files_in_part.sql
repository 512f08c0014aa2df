-- A bill may be taken in part: its other rows are returned to the operator as a file to correct. A revision is a new file
-- that replaces an earlier one of the operator and month; the rows that it replaces stay as superseded facts.
ALTER TABLE import_files
    ADD COLUMN rejected integer NOT NULL DEFAULT 0
        -- squawk-ignore constraint-missing-not-valid
        CONSTRAINT import_files_rejected CHECK (rejected >= 0 AND (rejected = 0 OR kind = 'billing')),
    ADD COLUMN replaces uuid
        -- squawk-ignore constraint-missing-not-valid
        CONSTRAINT import_files_replaces_bill CHECK (replaces IS NULL OR kind = 'billing');
-- The files of a county are few.
-- squawk-ignore disallowed-unique-constraint
ALTER TABLE import_files ADD CONSTRAINT import_files_of_month UNIQUE (id, county_code, operator, month);
-- squawk-ignore disallowed-unique-constraint
ALTER TABLE import_files ADD CONSTRAINT import_files_with_rejected UNIQUE (id, rejected);
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE import_files ADD CONSTRAINT import_files_replaces
    FOREIGN KEY (replaces, county_code, operator, month) REFERENCES import_files (id, county_code, operator, month);
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX import_files_replaced_once ON import_files (replaces);
CREATE CONSTRAINT TRIGGER import_files_replaced_whole AFTER INSERT ON import_files
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.replaces IS NOT NULL)
    EXECUTE FUNCTION check_replaced_bill();

DROP TRIGGER claims_append_only ON claims;
CREATE TRIGGER claims_append_only BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_only_replaced BEFORE DELETE ON claims FOR EACH ROW EXECUTE FUNCTION refuse_claim_deletion();
CREATE TRIGGER claims_kept AFTER DELETE ON claims FOR EACH ROW EXECUTE FUNCTION keep_fact_version('number_id');
GRANT DELETE ON claims TO market_app;

-- The rows of a bill that were not taken, as the operator wrote them, with what is wrong.
CREATE TABLE rejected_rows (
    file_id        uuid CONSTRAINT rejected_rows_pkey PRIMARY KEY,
    county_code    text NOT NULL,
    rows           integer NOT NULL CONSTRAINT rejected_rows_rows CHECK (rows > 0),
    content_sealed bytea NOT NULL,
    CONSTRAINT rejected_rows_file FOREIGN KEY (file_id, rows) REFERENCES import_files (id, rejected)
);
CREATE TRIGGER rejected_rows_append_only BEFORE DELETE OR UPDATE OF file_id, county_code, rows ON rejected_rows
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rejected_rows_no_truncate BEFORE TRUNCATE ON rejected_rows
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE rejected_rows ENABLE ROW LEVEL SECURITY;
-- The CASE is for the planner (see the policies of the other tables of a county).
CREATE POLICY rejected_rows_visible_county ON rejected_rows TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON rejected_rows TO market_app;

-- What an operator and the county write to each other about a file.
CREATE TABLE file_notes (
    file_id     uuid NOT NULL CONSTRAINT file_notes_file REFERENCES import_files,
    position    integer NOT NULL CONSTRAINT file_notes_position CHECK (position BETWEEN 1 AND 50),
    county_code text NOT NULL,
    account_id  uuid NOT NULL CONSTRAINT file_notes_account REFERENCES accounts,
    by_operator boolean NOT NULL,
    text        text NOT NULL CONSTRAINT file_notes_text_length CHECK (length(text) BETWEEN 1 AND 500),
    at          timestamptz NOT NULL,
    CONSTRAINT file_notes_pkey PRIMARY KEY (file_id, position)
);
CREATE INDEX file_notes_by_account ON file_notes (account_id);
CREATE TRIGGER file_notes_append_only BEFORE DELETE OR UPDATE ON file_notes
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER file_notes_no_truncate BEFORE TRUNCATE ON file_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE file_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY file_notes_visible_county ON file_notes TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON file_notes TO market_app;
