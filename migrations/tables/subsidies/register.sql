CREATE TABLE persons (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    identity_index bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    born_on date NOT NULL,
    sex text NOT NULL,
    died_on date,
    death_known_at timestamptz,
    file_id uuid,
    -- A fact names the file that brought it, or the lead whose decision did.
    lead_id uuid,
    CONSTRAINT persons_death_after_birth CHECK (died_on >= born_on),
    CONSTRAINT persons_death_complete CHECK ((died_on IS NULL) = (death_known_at IS NULL)),
    CONSTRAINT persons_one_origin CHECK ((file_id IS NULL) OR (lead_id IS NULL)),
    CONSTRAINT persons_sex CHECK (sex IN ('男', '女')),
    CONSTRAINT persons_identity_unique UNIQUE (county_code, identity_index)
);
CREATE TRIGGER persons_keep_changed AFTER UPDATE ON persons FOR EACH ROW WHEN (((old.* IS DISTINCT FROM new.*)
    AND (is_erasing() IS NOT TRUE))) EXECUTE FUNCTION keep_fact_version('id');
CREATE TRIGGER persons_keep_removed AFTER DELETE ON persons FOR EACH ROW EXECUTE FUNCTION keep_fact_version('id');
ALTER TABLE persons ENABLE ROW LEVEL SECURITY;
CREATE POLICY persons_visible_county ON persons TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (name_sealed, born_on, sex, died_on, death_known_at, file_id,
    lead_id) ON persons TO market_app;

-- A fact as it was until another file, or a person at the database, changed or removed it. `fact` is its table,
-- `subject` the line, person, household, programme, plan or month it is about, `facts` the row without sealed columns;
-- `file_id` is the file that brought it, `replaced_by` the file that replaced it (NULL if no file did).
CREATE TABLE fact_versions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    county_code text NOT NULL,
    fact text NOT NULL,
    subject text NOT NULL,
    facts jsonb NOT NULL,
    name_sealed bytea,
    file_id uuid,
    replaced_by uuid,
    replaced_at timestamptz NOT NULL,
    -- The lines for which a person was enrolled before. Row-level security lets no index on an expression of `facts`
    -- be used, because its functions are not leakproof; the table has the changed facts of the counties alone, and is
    -- rewritten in seconds.
    enrolled_index bytea GENERATED ALWAYS AS (
CASE
    WHEN (fact = 'enrolments') THEN decode(substr((facts ->> 'identity_index'), 3), 'hex')
    ELSE NULL::bytea
END) STORED,
    replaced_by_lead uuid
);
CREATE INDEX fact_versions_by_enrolled ON fact_versions (county_code, enrolled_index)
    WHERE (enrolled_index IS NOT NULL);
CREATE INDEX fact_versions_by_subject ON fact_versions (county_code, fact, subject, replaced_at);
-- Only sealed columns may change, when keys rotate.
CREATE TRIGGER fact_versions_append_only BEFORE DELETE
    OR UPDATE OF id, county_code, fact, subject, facts, file_id, replaced_by, replaced_at ON fact_versions
    FOR EACH ROW WHEN ((is_erasing() IS NOT TRUE)) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fact_versions_no_truncate BEFORE TRUNCATE ON fact_versions FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE fact_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY fact_versions_visible_county ON fact_versions TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT ON fact_versions TO market_app;

CREATE TABLE households (
    county_code text NOT NULL,
    code text NOT NULL,
    split_from text,
    -- 并户: a merged household stays in the register, without members from that day on.
    merged_into text,
    merged_on date,
    CONSTRAINT households_code_in_capitals CHECK (code !~ '[a-z]'),
    CONSTRAINT households_code_length CHECK (length(code) BETWEEN 1 AND 40),
    CONSTRAINT households_merged_complete CHECK ((merged_into IS NULL) = (merged_on IS NULL)),
    CONSTRAINT households_merged_into_another CHECK (merged_into <> code),
    CONSTRAINT households_split_from_another CHECK (split_from <> code),
    CONSTRAINT households_code PRIMARY KEY (county_code, code),
    CONSTRAINT households_merged_into FOREIGN KEY (county_code, merged_into) REFERENCES households(county_code, code),
    CONSTRAINT households_split_from FOREIGN KEY (county_code, split_from) REFERENCES households(county_code, code)
);
CREATE TRIGGER households_merge BEFORE UPDATE OF merged_into, merged_on ON households FOR EACH ROW
    EXECUTE FUNCTION check_household_merge();
ALTER TABLE households ENABLE ROW LEVEL SECURITY;
CREATE POLICY households_visible_county ON households TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (merged_into, merged_on) ON households TO market_app;

-- Three facts instead of one category: registered, monitored, risk removed.
CREATE TABLE household_statuses (
    county_code text NOT NULL,
    household_code text NOT NULL,
    valid_during daterange NOT NULL,
    village_code text NOT NULL,
    village_name text NOT NULL,
    registered boolean NOT NULL,
    monitoring text NOT NULL DEFAULT '',
    risk_removed_on date,
    tier smallint NOT NULL,
    file_id uuid,
    lead_id uuid,
    CONSTRAINT household_statuses_one_origin CHECK ((file_id IS NULL) OR (lead_id IS NULL)),
    CONSTRAINT household_statuses_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT household_statuses_tier CHECK (tier >= 1),
    CONSTRAINT household_statuses_village_of_county CHECK ("left"(village_code, 6) = county_code),
    CONSTRAINT household_statuses_one_per_day EXCLUDE
        USING gist (hashtextextended((county_code || household_code), (0)::bigint) WITH =, valid_during WITH &&),
    CONSTRAINT household_statuses_version PRIMARY KEY (county_code, household_code, valid_during),
    CONSTRAINT household_statuses_household FOREIGN KEY (county_code, household_code)
        REFERENCES households(county_code, code),
    CONSTRAINT household_statuses_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE TRIGGER household_statuses_keep_changed AFTER UPDATE ON household_statuses
    FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION keep_fact_version('household_code');
CREATE TRIGGER household_statuses_keep_removed AFTER DELETE ON household_statuses FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('household_code');
ALTER TABLE household_statuses ENABLE ROW LEVEL SECURITY;
CREATE POLICY household_statuses_visible_county ON household_statuses TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (valid_during, village_code, village_name, registered, monitoring, risk_removed_on, tier,
    file_id, lead_id) ON household_statuses TO market_app;

CREATE TABLE memberships (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    person_id uuid NOT NULL,
    household_code text NOT NULL,
    member_number smallint NOT NULL,
    relation text NOT NULL,
    valid_during daterange NOT NULL,
    leave_reason text NOT NULL DEFAULT '',
    file_id uuid,
    lead_id uuid,
    CONSTRAINT memberships_member_number CHECK (member_number >= 1),
    CONSTRAINT memberships_one_origin CHECK ((file_id IS NULL) OR (lead_id IS NULL)),
    CONSTRAINT memberships_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT memberships_one_household_per_day UNIQUE (person_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT memberships_household FOREIGN KEY (county_code, household_code)
        REFERENCES households(county_code, code),
    CONSTRAINT memberships_person FOREIGN KEY (person_id) REFERENCES persons(id)
);
CREATE INDEX memberships_by_household ON memberships (county_code, household_code);
CREATE INDEX memberships_ended ON memberships (upper(valid_during)) WHERE (upper(valid_during) IS NOT NULL);
CREATE TRIGGER memberships_keep_changed AFTER UPDATE ON memberships FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*))
    EXECUTE FUNCTION keep_fact_version('person_id');
CREATE TRIGGER memberships_keep_removed AFTER DELETE ON memberships FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('person_id');
CREATE TRIGGER memberships_of_merged BEFORE INSERT OR UPDATE OF valid_during, household_code ON memberships
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_household();
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
CREATE POLICY memberships_visible_county ON memberships TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (member_number, relation, valid_during, leave_reason, file_id,
    lead_id) ON memberships TO market_app;

-- Numbers, accounts, SIMs and devices of subsidised lines are encrypted once each; other tables have their ids. They
-- are of no county, so that a number is the same in all; who may read a row that names one is decided there.
CREATE TABLE identifiers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    value_index bytea NOT NULL,
    value_sealed bytea NOT NULL,
    CONSTRAINT identifiers_value UNIQUE (value_index)
);
GRANT SELECT, INSERT ON identifiers TO market_app;

CREATE TABLE register_checks (
    county_code text NOT NULL,
    household_code text NOT NULL,
    checked_on date NOT NULL,
    file_id uuid,
    -- The visit of a decided lead is a check of its households.
    lead_id uuid,
    -- 复核: a household is checked by a file, by a lead's decision, or by an official who went there and found nothing
    -- changed.
    account_id uuid,
    CONSTRAINT register_checks_one_origin CHECK (num_nonnulls(file_id, lead_id, account_id) = 1),
    CONSTRAINT register_checks_unique PRIMARY KEY (county_code, household_code),
    CONSTRAINT register_checks_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT register_checks_household FOREIGN KEY (county_code, household_code)
        REFERENCES households(county_code, code)
);
ALTER TABLE register_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY register_checks_visible_county ON register_checks TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (checked_on, file_id, lead_id, account_id) ON register_checks TO market_app;

-- A person of the register is erased: what identifies them is overwritten wherever it is kept, earlier versions and
-- the originals of files included. What was counted, paid and sealed stays.
CREATE TABLE register_erasures (
    person_id uuid NOT NULL,
    county_code text NOT NULL,
    reason text NOT NULL,
    erased_by text NOT NULL,
    erased_at timestamptz NOT NULL,
    CONSTRAINT register_erasures_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT register_erasures_reason CHECK (reason IN ('request', 'retention')),
    CONSTRAINT register_erasures_person PRIMARY KEY (person_id),
    CONSTRAINT register_erasures_of_register FOREIGN KEY (person_id) REFERENCES persons(id)
);
CREATE INDEX register_erasures_by_county ON register_erasures (county_code, erased_at);
CREATE TRIGGER register_erasures_append_only BEFORE DELETE OR UPDATE ON register_erasures FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER register_erasures_no_truncate BEFORE TRUNCATE ON register_erasures FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE register_erasures ENABLE ROW LEVEL SECURITY;
CREATE POLICY register_erasures_visible_county ON register_erasures TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT ON register_erasures TO market_app;
