-- Imported files. Importing the same content under the same name again changes nothing. File names are unique, except
-- those of the register, programmes, plans and budget, which are updated under the same name.
CREATE TABLE import_files (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    rows integer NOT NULL,
    operator text,
    month date,
    sum_fen bigint,
    account_id uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    -- A bill may be taken in part: its other rows are returned to the operator as a file to correct. A revision is a
    -- new file that replaces an earlier one of the operator and month; the rows that it replaces stay as superseded
    -- facts.
    rejected integer NOT NULL DEFAULT 0,
    replaces uuid,
    CONSTRAINT import_files_billing_complete CHECK ((kind <> 'billing') OR ((operator IS NOT NULL)
        AND (month IS NOT NULL) AND (sum_fen IS NOT NULL))),
    CONSTRAINT import_files_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT import_files_kind
        CHECK (kind IN ('register', 'programmes', 'plans', 'budget', 'enrolments', 'bindings', 'opening', 'billing',
        'usage', 'lists', 'return')),
    CONSTRAINT import_files_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT import_files_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT import_files_rejected CHECK ((rejected >= 0) AND ((rejected = 0) OR (kind = 'billing'))),
    CONSTRAINT import_files_replaces_bill CHECK ((replaces IS NULL) OR (kind = 'billing')),
    CONSTRAINT import_files_return_complete CHECK ((kind <> 'return') OR ((operator IS NOT NULL)
        AND (month IS NOT NULL) AND (sum_fen IS NOT NULL))),
    CONSTRAINT import_files_rows CHECK (rows >= 0),
    CONSTRAINT import_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT import_files_of_month UNIQUE (id, county_code, operator, month),
    CONSTRAINT import_files_with_rejected UNIQUE (id, rejected),
    CONSTRAINT import_files_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT import_files_replaces FOREIGN KEY (replaces, county_code, operator, month)
        REFERENCES import_files(id, county_code, operator, month)
);
CREATE UNIQUE INDEX import_files_billing_content_unique ON import_files (county_code, sha256)
    WHERE (kind = 'billing');
CREATE INDEX import_files_by_name ON import_files (county_code, kind, name, imported_at DESC);
CREATE UNIQUE INDEX import_files_name_unique ON import_files (county_code, kind, name)
    WHERE (kind IN ('billing', 'usage', 'enrolments', 'bindings', 'opening', 'lists', 'return'));
CREATE UNIQUE INDEX import_files_replaced_once ON import_files (replaces);
CREATE TRIGGER import_files_append_only BEFORE DELETE OR UPDATE ON import_files FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER import_files_no_truncate BEFORE TRUNCATE ON import_files FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER import_files_replaced_whole AFTER INSERT ON import_files DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((new.replaces IS NOT NULL)) EXECUTE FUNCTION check_replaced_bill();
ALTER TABLE import_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY import_files_visible_county ON import_files TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON import_files TO market_app;

-- A file has one month, so that its rows are unique in all months.
CREATE TABLE claims (
    file_id uuid NOT NULL,
    row_number integer NOT NULL,
    county_code text NOT NULL,
    month date NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    programme_code text NOT NULL,
    charge_fen bigint NOT NULL,
    reduction_fen bigint NOT NULL,
    billed_fen bigint NOT NULL,
    corrects_month date,
    number_id bigint NOT NULL,
    CONSTRAINT claims_add_up CHECK (charge_fen = (reduction_fen + billed_fen)),
    CONSTRAINT claims_corrected_month_earlier CHECK ((EXTRACT(day FROM corrects_month) = (1)::numeric)
        AND (corrects_month < month)),
    CONSTRAINT claims_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT claims_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT claims_not_negative CHECK ((corrects_month IS NOT NULL) OR ((charge_fen >= 0) AND (reduction_fen >= 0)
        AND (billed_fen >= 0))),
    CONSTRAINT claims_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT claims_row CHECK (row_number >= 2),
    CONSTRAINT claims_row_unique PRIMARY KEY (file_id, row_number, month),
    CONSTRAINT claims_file FOREIGN KEY (file_id, county_code, operator, month)
        REFERENCES import_files(id, county_code, operator, month),
    CONSTRAINT claims_number FOREIGN KEY (number_id) REFERENCES identifiers(id),
    CONSTRAINT claims_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes(county_code, code)
) PARTITION BY RANGE (month);
CREATE INDEX claims_by_corrected_month ON claims (county_code, corrects_month) WHERE (corrects_month IS NOT NULL);
CREATE INDEX claims_by_month ON claims (county_code, month);
CREATE UNIQUE INDEX claims_one_per_service_and_month ON claims (county_code, operator, kind, number_id, month)
    WHERE (corrects_month IS NULL);
CREATE TRIGGER claims_append_only BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_kept AFTER DELETE ON claims FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('number_id', 'claims');
CREATE TRIGGER claims_no_truncate BEFORE TRUNCATE ON claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claims_only_replaced BEFORE DELETE ON claims FOR EACH ROW EXECUTE FUNCTION refuse_claim_deletion();
ALTER TABLE claims ENABLE ROW LEVEL SECURITY;
CREATE POLICY claims_visible_county ON claims TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON claims TO market_app;

-- Applications and their outcomes. `notice` is the period of the public notice, both days included.
CREATE TABLE enrolments (
    county_code text NOT NULL,
    line_code text NOT NULL,
    programme_code text NOT NULL,
    identity_index bytea NOT NULL,
    household_code text NOT NULL,
    applied_on date NOT NULL,
    notice daterange,
    decided_on date,
    entitled_from date,
    status text NOT NULL,
    decided boolean GENERATED ALWAYS AS ((status = '已审定')) STORED NOT NULL,
    agent text NOT NULL DEFAULT '',
    assessor text NOT NULL DEFAULT '',
    file_id uuid,
    identity_sealed bytea,
    lead_id uuid,
    -- Who applied for somebody and who assessed it are known by identity number where the county's file has one.
    agent_identity_index bytea,
    agent_identity_sealed bytea,
    assessor_identity_index bytea,
    assessor_identity_sealed bytea,
    CONSTRAINT enrolments_agent_identified CHECK (((agent_identity_index IS NULL) = (agent_identity_sealed IS NULL))
        AND ((agent_identity_index IS NULL) OR (agent <> ''))),
    CONSTRAINT enrolments_assessor_identified
        CHECK (((assessor_identity_index IS NULL) = (assessor_identity_sealed IS NULL))
        AND ((assessor_identity_index IS NULL) OR (assessor <> ''))),
    CONSTRAINT enrolments_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT enrolments_decision_complete CHECK ((status <> '已审定') OR ((decided_on IS NOT NULL)
        AND (entitled_from IS NOT NULL) AND (decided_on >= applied_on))),
    CONSTRAINT enrolments_household_in_capitals CHECK (household_code !~ '[a-z]'),
    CONSTRAINT enrolments_line_length CHECK (length(line_code) BETWEEN 1 AND 40),
    CONSTRAINT enrolments_notice_not_empty CHECK (NOT isempty(notice)),
    CONSTRAINT enrolments_one_origin CHECK ((file_id IS NULL) OR (lead_id IS NULL)),
    CONSTRAINT enrolments_status_length CHECK (length(status) BETWEEN 1 AND 20),
    CONSTRAINT enrolments_one_per_line PRIMARY KEY (county_code, line_code),
    CONSTRAINT enrolments_file FOREIGN KEY (file_id) REFERENCES import_files(id),
    CONSTRAINT enrolments_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes(county_code, code)
);
CREATE INDEX enrolments_by_identity ON enrolments (county_code, identity_index);
CREATE INDEX enrolments_by_identity_of_all ON enrolments (identity_index);
CREATE TRIGGER enrolments_keep_changed AFTER UPDATE ON enrolments FOR EACH ROW WHEN (((old.* IS DISTINCT FROM new.*)
    AND (is_erasing() IS NOT TRUE))) EXECUTE FUNCTION keep_fact_version('line_code');
CREATE TRIGGER enrolments_keep_removed AFTER DELETE ON enrolments FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('line_code');
ALTER TABLE enrolments ENABLE ROW LEVEL SECURITY;
CREATE POLICY enrolments_visible_county ON enrolments TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (programme_code, identity_index, household_code, applied_on, notice, decided_on,
    entitled_from, status, agent, assessor, file_id, identity_sealed, lead_id, agent_identity_index,
    agent_identity_sealed, assessor_identity_index, assessor_identity_sealed) ON enrolments TO market_app;

-- One row per service of a plan; the services of a bundle share its charge.
CREATE TABLE plans (
    county_code text NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    plan_fen bigint NOT NULL,
    monthly_fen bigint NOT NULL,
    market_fen bigint,
    weights text NOT NULL DEFAULT '',
    basis text NOT NULL DEFAULT '',
    valid_during daterange NOT NULL,
    file_id uuid,
    CONSTRAINT plans_charge CHECK (plan_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT plans_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT plans_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT plans_market CHECK (market_fen >= 0),
    CONSTRAINT plans_monthly_at_most_plan CHECK (monthly_fen BETWEEN 0 AND plan_fen),
    CONSTRAINT plans_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT plans_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT plans_one_charge_per_day PRIMARY KEY (county_code, code, kind, valid_during WITHOUT OVERLAPS),
    CONSTRAINT plans_file FOREIGN KEY (file_id) REFERENCES import_files(id)
);
CREATE TRIGGER plans_keep_changed AFTER UPDATE ON plans FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*))
    EXECUTE FUNCTION keep_fact_version('code');
CREATE TRIGGER plans_keep_removed AFTER DELETE ON plans FOR EACH ROW EXECUTE FUNCTION keep_fact_version('code');
ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
CREATE POLICY plans_visible_county ON plans TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON plans TO market_app;

CREATE TABLE budgets (
    county_code text NOT NULL,
    month date NOT NULL,
    public_fen bigint NOT NULL,
    file_id uuid,
    CONSTRAINT budgets_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT budgets_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT budgets_public CHECK (public_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT budgets_unique PRIMARY KEY (county_code, month),
    CONSTRAINT budgets_file FOREIGN KEY (file_id) REFERENCES import_files(id)
);
CREATE TRIGGER budgets_keep_changed AFTER UPDATE ON budgets FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*))
    EXECUTE FUNCTION keep_fact_version('month');
CREATE TRIGGER budgets_keep_removed AFTER DELETE ON budgets FOR EACH ROW EXECUTE FUNCTION keep_fact_version('month');
ALTER TABLE budgets ENABLE ROW LEVEL SECURITY;
CREATE POLICY budgets_visible_county ON budgets TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (public_fen, file_id) ON budgets TO market_app;

CREATE TABLE claims_late PARTITION OF claims DEFAULT;
CREATE TRIGGER claims_no_truncate BEFORE TRUNCATE ON claims_late FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The bytes of an imported file and of the files attached to it: compressed, then sealed.
CREATE TABLE import_originals (
    file_id uuid NOT NULL,
    name text NOT NULL,
    attached boolean NOT NULL,
    county_code text NOT NULL,
    sha256 text NOT NULL,
    bytes integer NOT NULL,
    content_sealed bytea NOT NULL,
    -- A file with erased persons is kept without their cells; `sha256` and `bytes` stay those of what was imported.
    redacted_sha256 text,
    redacted_bytes integer,
    redacted_at timestamptz,
    CONSTRAINT import_originals_bytes CHECK (bytes BETWEEN 0 AND 67108864),
    CONSTRAINT import_originals_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT import_originals_redacted
        CHECK (num_nonnulls(redacted_sha256, redacted_bytes, redacted_at) = ANY (ARRAY[0, 3])),
    CONSTRAINT import_originals_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (file_id, attached, name),
    CONSTRAINT import_originals_file FOREIGN KEY (file_id) REFERENCES import_files(id)
);
ALTER TABLE ONLY import_originals ALTER COLUMN content_sealed SET STORAGE EXTERNAL;
CREATE TRIGGER import_originals_append_only BEFORE DELETE
    OR UPDATE OF file_id, name, attached, county_code, sha256, bytes ON import_originals FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER import_originals_no_truncate BEFORE TRUNCATE ON import_originals FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE import_originals ENABLE ROW LEVEL SECURITY;
CREATE POLICY import_originals_visible_county ON import_originals TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON import_originals TO market_app;

CREATE TABLE lines (
    county_code text NOT NULL,
    code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT lines_code_length CHECK (length(code) BETWEEN 1 AND 40),
    -- A line that an operator claims for a number nobody has bound was named by that number. Its code is stored with
    -- the id of the encrypted number (YD-#17), a form that no line of a county may have, and the cases that runs keep
    -- are sealed.
    CONSTRAINT lines_code_not_stored_number CHECK (code !~ '^(YD|LT|DX)-#[0-9]'),
    CONSTRAINT lines_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT lines_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT lines_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT lines_code PRIMARY KEY (county_code, code),
    CONSTRAINT lines_code_operator_kind UNIQUE (county_code, code, operator, kind)
);
ALTER TABLE lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY lines_visible_county ON lines TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON lines TO market_app;

-- The person, device, SIM and number of a line by period. On any day a number or SIM belongs to one line across all
-- counties, and a line has one device. A device with several SIMs is a finding of a worksheet, not an error.
CREATE TABLE bindings (
    county_code text NOT NULL,
    line_code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    identity_index bytea NOT NULL,
    plan_code text NOT NULL,
    change text NOT NULL,
    realname text NOT NULL,
    valid_during daterange NOT NULL,
    file_id uuid,
    -- The identity number behind the index, for the county's own copy of its file.
    identity_sealed bytea,
    number_id bigint NOT NULL,
    device_id bigint,
    sim_id bigint,
    number_key bigint GENERATED ALWAYS AS (compute_number_key(operator, kind, number_id)) STORED NOT NULL,
    CONSTRAINT bindings_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT bindings_one_line_per_number_and_day UNIQUE (number_key, valid_during WITHOUT OVERLAPS),
    CONSTRAINT bindings_one_line_per_sim_and_day UNIQUE (sim_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT bindings_one_per_line_and_day EXCLUDE
        USING gist (hashtextextended((county_code || line_code), (0)::bigint) WITH =, valid_during WITH &&),
    CONSTRAINT bindings_version PRIMARY KEY (county_code, line_code, valid_during),
    CONSTRAINT bindings_device FOREIGN KEY (device_id) REFERENCES identifiers(id),
    CONSTRAINT bindings_file FOREIGN KEY (file_id) REFERENCES import_files(id),
    CONSTRAINT bindings_line FOREIGN KEY (county_code, line_code, operator, kind)
        REFERENCES lines(county_code, code, operator, kind),
    CONSTRAINT bindings_number FOREIGN KEY (number_id) REFERENCES identifiers(id),
    CONSTRAINT bindings_sim FOREIGN KEY (sim_id) REFERENCES identifiers(id)
);
CREATE INDEX bindings_by_identity ON bindings (county_code, identity_index);
CREATE INDEX bindings_by_number ON bindings (number_id);
CREATE INDEX bindings_by_operator_number ON bindings (county_code, operator, number_id);
CREATE TRIGGER bindings_keep_changed AFTER UPDATE ON bindings FOR EACH ROW WHEN (((old.* IS DISTINCT FROM new.*)
    AND (is_erasing() IS NOT TRUE))) EXECUTE FUNCTION keep_fact_version('line_code');
CREATE TRIGGER bindings_keep_removed AFTER DELETE ON bindings FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('line_code');
ALTER TABLE bindings ENABLE ROW LEVEL SECURITY;
CREATE POLICY bindings_visible_county ON bindings TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON bindings TO market_app;

-- What the lists of other offices say of persons and households, matched by keyed hash; and when the register's entry
-- of a household was last checked. A fact is added and ended, never changed.
CREATE TABLE listed_facts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    list text NOT NULL,
    identity_index bytea,
    identity_sealed bytea,
    household_code text,
    value_index bytea NOT NULL DEFAULT '\x'::bytea,
    value_sealed bytea NOT NULL DEFAULT '\x'::bytea,
    valid_during daterange NOT NULL,
    file_id uuid NOT NULL,
    ended_by uuid,
    CONSTRAINT listed_facts_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT listed_facts_list CHECK (list IN ('payroll', 'vehicle', 'company', 'flat', 'address', 'account')),
    CONSTRAINT listed_facts_period_not_empty CHECK (NOT isempty(valid_during)),
    -- Persons are listed by their identity number, households by the text that several of them may have in common.
    CONSTRAINT listed_facts_subject
        CHECK (
CASE
    WHEN (list IN ('address', 'account')) THEN ((identity_index IS NULL)
        AND (identity_sealed IS NULL) AND (household_code IS NOT NULL)
        AND (value_index <> '\x'::bytea))
    ELSE ((identity_index IS NOT NULL) AND (identity_sealed IS NOT NULL)
        AND (household_code IS NULL))
END),
    CONSTRAINT listed_facts_value_complete CHECK ((value_index = '\x'::bytea) = (value_sealed = '\x'::bytea)),
    CONSTRAINT listed_facts_once EXCLUDE
        USING gist (county_code WITH =, list WITH =, COALESCE(identity_index, '\x'::bytea) WITH =,
        COALESCE(household_code, '') WITH =, value_index WITH =, valid_during WITH &&),
    CONSTRAINT listed_facts_ended_by FOREIGN KEY (ended_by) REFERENCES import_files(id),
    CONSTRAINT listed_facts_file FOREIGN KEY (file_id) REFERENCES import_files(id),
    CONSTRAINT listed_facts_household FOREIGN KEY (county_code, household_code)
        REFERENCES households(county_code, code)
);
CREATE INDEX listed_facts_by_list ON listed_facts (county_code, list);
ALTER TABLE listed_facts ENABLE ROW LEVEL SECURITY;
CREATE POLICY listed_facts_visible_county ON listed_facts TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (valid_during, ended_by) ON listed_facts TO market_app;

-- The amounts settled before this system was introduced, one sum per line.
CREATE TABLE openings (
    county_code text NOT NULL,
    line_code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    programme_code text NOT NULL,
    household_code text NOT NULL,
    months smallint NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    CONSTRAINT openings_conceded CHECK (conceded_fen >= 0),
    CONSTRAINT openings_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT openings_household_in_capitals CHECK (household_code !~ '[a-z]'),
    CONSTRAINT openings_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT openings_months CHECK (months >= 1),
    CONSTRAINT openings_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT openings_public CHECK (public_fen >= 0),
    CONSTRAINT openings_unique PRIMARY KEY (county_code, line_code)
);
ALTER TABLE openings ENABLE ROW LEVEL SECURITY;
CREATE POLICY openings_visible_county ON openings TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON openings TO market_app;

-- 能办的套餐: what everybody may read of the operators' plans, apart from the facts that the reduction is calculated from.
CREATE TABLE public_plans (
    county_code text NOT NULL,
    code text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    kinds text[] NOT NULL,
    monthly_fen bigint NOT NULL,
    data_mb integer,
    apply_at text NOT NULL DEFAULT '',
    valid_during daterange NOT NULL,
    CONSTRAINT public_plans_charge CHECK (monthly_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT public_plans_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT public_plans_data CHECK (data_mb BETWEEN 0 AND 10000000),
    CONSTRAINT public_plans_kinds CHECK ((cardinality(kinds) > 0)
        AND (kinds <@ ARRAY['mobile', 'broadband', 'television'])),
    CONSTRAINT public_plans_period CHECK (NOT isempty(valid_during)),
    CONSTRAINT public_plans_place CHECK (length(apply_at) <= 80),
    CONSTRAINT public_plans_one_price_per_day PRIMARY KEY (county_code, code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT public_plans_operator FOREIGN KEY (operator) REFERENCES operators(code)
);
GRANT SELECT, INSERT, DELETE ON public_plans TO market_app;

CREATE TABLE usage_days (
    county_code text NOT NULL,
    operator text NOT NULL,
    used_on date NOT NULL,
    -- The kind of service that was used; where a file does not say, that of the number.
    kind text NOT NULL,
    number_id bigint NOT NULL,
    CONSTRAINT usage_days_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT usage_days_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT usage_days_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT usage_days_unique PRIMARY KEY (county_code, operator, kind, number_id, used_on),
    CONSTRAINT usage_days_number FOREIGN KEY (number_id) REFERENCES identifiers(id)
) PARTITION BY RANGE (used_on);
ALTER TABLE usage_days ENABLE ROW LEVEL SECURITY;
CREATE POLICY usage_days_visible_county ON usage_days TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON usage_days TO market_app;

CREATE TABLE usage_days_late PARTITION OF usage_days DEFAULT;
