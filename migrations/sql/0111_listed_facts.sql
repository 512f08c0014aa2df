-- What the lists of other offices say of persons and households, matched by keyed hash; and when the register's entry of a
-- household was last checked. A fact is added and ended, never changed.
CREATE TABLE listed_facts (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code     text NOT NULL CONSTRAINT listed_facts_county CHECK (county_code ~ '^[0-9]{6}$'),
    list            text NOT NULL CONSTRAINT listed_facts_list CHECK (list IN (
        'payroll', 'vehicle', 'company', 'flat', 'address', 'account')),
    identity_index  bytea,
    identity_sealed bytea,
    household_code  text,
    value_index     bytea NOT NULL DEFAULT '',
    value_sealed    bytea NOT NULL DEFAULT '',
    valid_during    daterange NOT NULL CONSTRAINT listed_facts_period_not_empty CHECK (NOT isempty(valid_during)),
    file_id         uuid NOT NULL CONSTRAINT listed_facts_file REFERENCES import_files,
    ended_by        uuid CONSTRAINT listed_facts_ended_by REFERENCES import_files,
    -- Persons are listed by their identity number, households by the text that several of them may have in common.
    CONSTRAINT listed_facts_subject CHECK (CASE
        WHEN list IN ('address', 'account')
        THEN identity_index IS NULL AND identity_sealed IS NULL AND household_code IS NOT NULL AND value_index <> ''
        ELSE identity_index IS NOT NULL AND identity_sealed IS NOT NULL AND household_code IS NULL END),
    CONSTRAINT listed_facts_value_complete CHECK ((value_index = '') = (value_sealed = '')),
    CONSTRAINT listed_facts_household FOREIGN KEY (county_code, household_code) REFERENCES households (county_code, code),
    CONSTRAINT listed_facts_once EXCLUDE USING gist (
        county_code WITH =, list WITH =, coalesce(identity_index, '') WITH =, coalesce(household_code, '') WITH =,
        value_index WITH =, valid_during WITH &&)
);
CREATE INDEX listed_facts_by_list ON listed_facts (county_code, list);

CREATE TABLE register_checks (
    county_code    text NOT NULL,
    household_code text NOT NULL,
    checked_on     date NOT NULL,
    file_id        uuid NOT NULL CONSTRAINT register_checks_file REFERENCES import_files,
    CONSTRAINT register_checks_unique PRIMARY KEY (county_code, household_code),
    CONSTRAINT register_checks_household FOREIGN KEY (county_code, household_code)
        REFERENCES households (county_code, code)
);

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['listed_facts', 'register_checks'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY %I ON %I TO market_app '
                       'USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) '
                       'THEN true ELSE false END)',
                       table_name || '_visible_county', table_name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO market_app', table_name);
    END LOOP;
END
$$;
GRANT UPDATE (valid_during, ended_by) ON listed_facts TO market_app;
GRANT UPDATE (checked_on, file_id) ON register_checks TO market_app;

ALTER TABLE import_files DROP CONSTRAINT import_files_kind;
ALTER TABLE import_files ADD CONSTRAINT import_files_kind CHECK (kind IN (
    'register', 'programmes', 'plans', 'budget', 'enrolments', 'bindings', 'opening', 'billing', 'usage', 'lists'));
DROP INDEX import_files_name_unique;
CREATE UNIQUE INDEX import_files_name_unique ON import_files (county_code, kind, name)
    WHERE kind IN ('billing', 'usage', 'enrolments', 'bindings', 'opening', 'lists');
