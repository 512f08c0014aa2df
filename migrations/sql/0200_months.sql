-- The audit record, days of use, claims and the lines of runs by month. What is stored already becomes the first partition.
CREATE SCHEMA market_archive;
REVOKE ALL ON SCHEMA market_archive FROM PUBLIC;

-- The partitions in the archive, with the first value after them; of the audit record, the last entry of each chain.
CREATE TABLE archived_partitions (
    name text NOT NULL,
    partition text CONSTRAINT archived_partitions_pkey PRIMARY KEY,
    end_bound text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE archived_audit_heads (
    partition text NOT NULL CONSTRAINT archived_audit_heads_partition REFERENCES archived_partitions (partition),
    chain smallint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT archived_audit_heads_pkey PRIMARY KEY (chain, sequence)
);

-- It returns rows of the table that is replaced.
-- squawk-ignore ban-drop-function
DROP FUNCTION list_added_claims(text, text[], date, timestamptz);

-- squawk-ignore renaming-table
ALTER TABLE audit_entries RENAME TO audit_entries_before;
-- squawk-ignore renaming-table
ALTER TABLE usage_days RENAME TO usage_days_before;
-- squawk-ignore renaming-table
ALTER TABLE claims RENAME TO claims_before;
-- squawk-ignore renaming-table
ALTER TABLE run_lines RENAME TO run_lines_before;
-- squawk-ignore renaming-table
ALTER TABLE run_explanations RENAME TO run_explanations_before;

-- What a partition takes from its table is dropped here and made again with it.
DO $$
DECLARE
    old record;
BEGIN
    FOR old IN SELECT tgname, tgrelid::regclass AS place FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                WHERE NOT tgisinternal AND relname ~ '^(audit_entries|claims|run_lines|run_explanations)_before$' LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', old.tgname, old.place);
    END LOOP;
    FOR old IN SELECT indexrelid::regclass AS place, relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE indrelid IN ('audit_entries_before'::regclass, 'usage_days_before'::regclass,
                                   'claims_before'::regclass, 'run_lines_before'::regclass,
                                   'run_explanations_before'::regclass) LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', old.place, old.relname || '_before');
    END LOOP;
    FOR old IN SELECT polname, polrelid::regclass AS place FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
                WHERE relname ~ '^(usage_days|claims|run_lines|run_explanations)_before$' LOOP
        EXECUTE format('DROP POLICY %I ON %s', old.polname, old.place);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', old.place);
    END LOOP;
END $$;
REVOKE ALL ON audit_entries_before, usage_days_before, claims_before, run_lines_before, run_explanations_before
  FROM market_app;
ALTER TABLE claims_before DROP CONSTRAINT claims_row_unique_before;
ALTER TABLE claims_before DROP CONSTRAINT claims_file;
ALTER TABLE claims_before DROP CONSTRAINT claims_number;
ALTER TABLE claims_before DROP CONSTRAINT claims_programme;
ALTER TABLE usage_days_before DROP CONSTRAINT usage_days_number;
ALTER TABLE run_explanations_before DROP CONSTRAINT run_explanations_run;

CREATE TABLE audit_entries (
    LIKE audit_entries_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT audit_entries_sequence_unique PRIMARY KEY (chain, sequence)
) PARTITION BY RANGE (sequence);
CREATE INDEX audit_entries_by_object ON audit_entries (object, at);
CREATE TABLE usage_days (
    LIKE usage_days_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT usage_days_unique PRIMARY KEY (county_code, operator, kind, number_id, used_on),
    CONSTRAINT usage_days_number FOREIGN KEY (number_id) REFERENCES identifiers (id)
) PARTITION BY RANGE (used_on);
-- A file has one month, so that its rows are unique in all months.
CREATE TABLE claims (
    LIKE claims_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT claims_row_unique PRIMARY KEY (file_id, row_number, month),
    CONSTRAINT claims_file FOREIGN KEY (file_id, county_code, operator, month)
        REFERENCES import_files (id, county_code, operator, month),
    CONSTRAINT claims_number FOREIGN KEY (number_id) REFERENCES identifiers (id),
    CONSTRAINT claims_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes (county_code, code)
) PARTITION BY RANGE (month);
CREATE INDEX claims_by_corrected_month ON claims (county_code, corrects_month) WHERE corrects_month IS NOT NULL;
CREATE INDEX claims_by_month ON claims (county_code, month);
CREATE UNIQUE INDEX claims_one_per_service_and_month ON claims (county_code, operator, kind, number_id, month)
 WHERE corrects_month IS NULL;
CREATE TABLE run_lines (
    LIKE run_lines_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT run_lines_unique PRIMARY KEY (run_id, line_code)
) PARTITION BY RANGE (run_id);
ALTER TABLE run_lines ALTER COLUMN run_id SET STATISTICS 0;
CREATE INDEX run_lines_by_household ON run_lines (run_id, household_code);
CREATE INDEX run_lines_by_village ON run_lines (run_id, village_code);
CREATE TABLE run_explanations (
    LIKE run_explanations_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT run_explanations_unique PRIMARY KEY (run_id, number),
    CONSTRAINT run_explanations_run FOREIGN KEY (run_id) REFERENCES runs (id)
) PARTITION BY RANGE (run_id);

-- What no month has been made for; `make_month_partitions` gives it its month.
CREATE TABLE audit_entries_late PARTITION OF audit_entries DEFAULT;
CREATE TABLE usage_days_late PARTITION OF usage_days DEFAULT;
CREATE TABLE claims_late PARTITION OF claims DEFAULT;
CREATE TABLE run_lines_late PARTITION OF run_lines DEFAULT;
CREATE TABLE run_explanations_late PARTITION OF run_explanations DEFAULT;

CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_append_only BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_only_replaced BEFORE DELETE ON claims FOR EACH ROW EXECUTE FUNCTION refuse_claim_deletion();
CREATE TRIGGER claims_kept AFTER DELETE ON claims
    FOR EACH ROW EXECUTE FUNCTION keep_fact_version('number_id', 'claims');
CREATE TRIGGER claims_no_truncate BEFORE TRUNCATE ON claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_lines_append_only BEFORE UPDATE ON run_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_lines_explanation AFTER INSERT ON run_lines REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_line_explanations();
CREATE TRIGGER run_lines_kept AFTER DELETE ON run_lines REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_used_lines_deletion();
CREATE TRIGGER run_lines_no_truncate BEFORE TRUNCATE ON run_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_explanations_append_only BEFORE UPDATE ON run_explanations
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_explanations_kept AFTER DELETE ON run_explanations REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_used_lines_deletion();
CREATE TRIGGER run_explanations_no_truncate BEFORE TRUNCATE ON run_explanations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER runs_not_archived BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION refuse_archived_run();
