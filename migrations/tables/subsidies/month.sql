-- The input of a calculation as canonical JSON, compressed with zlib, so that the calculation can be repeated.
CREATE TABLE case_snapshots (
    county_code text NOT NULL,
    manifest_sha256 text NOT NULL,
    case_sealed bytea NOT NULL,
    CONSTRAINT case_snapshots_manifest CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT case_snapshots_unique PRIMARY KEY (county_code, manifest_sha256)
);
CREATE TRIGGER case_snapshots_append_only BEFORE DELETE OR UPDATE OF county_code, manifest_sha256 ON case_snapshots
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_snapshots_no_truncate BEFORE TRUNCATE ON case_snapshots FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE case_snapshots ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_snapshots_visible_county ON case_snapshots TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON case_snapshots TO market_app;

CREATE TABLE run_lines (
    run_id uuid NOT NULL,
    line_code text NOT NULL,
    county_code text NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    programme_code text NOT NULL,
    in_snapshot boolean NOT NULL,
    household_code text,
    village_code text,
    village_name text,
    payable_households text[] NOT NULL,
    payable_days smallint NOT NULL,
    claimed_fen bigint,
    entitled_fen bigint NOT NULL,
    approved_fen bigint NOT NULL,
    over_fen bigint NOT NULL,
    under_fen bigint NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    shares jsonb NOT NULL,
    settled_fen bigint,
    reasons text[] NOT NULL,
    causes text[] NOT NULL,
    removed_on date,
    explanation integer NOT NULL,
    CONSTRAINT run_lines_approved CHECK (approved_fen = LEAST(entitled_fen, COALESCE(claimed_fen, (0)::bigint))),
    CONSTRAINT run_lines_conceded CHECK (conceded_fen >= 0),
    CONSTRAINT run_lines_entitled CHECK (entitled_fen >= 0),
    CONSTRAINT run_lines_funded_at_most_approved CHECK ((conceded_fen + public_fen) <= approved_fen),
    CONSTRAINT run_lines_over CHECK (over_fen = (COALESCE(claimed_fen, (0)::bigint) - approved_fen)),
    CONSTRAINT run_lines_public CHECK (public_fen >= 0),
    CONSTRAINT run_lines_under CHECK (under_fen = (entitled_fen - approved_fen)),
    CONSTRAINT run_lines_unique PRIMARY KEY (run_id, line_code)
) PARTITION BY RANGE (run_id);
ALTER TABLE ONLY run_lines ALTER COLUMN run_id SET STATISTICS 0;
CREATE INDEX run_lines_by_household ON run_lines (run_id, household_code);
CREATE INDEX run_lines_by_village ON run_lines (run_id, village_code);
CREATE TRIGGER run_lines_append_only BEFORE UPDATE ON run_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_lines_explanation AFTER INSERT ON run_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION require_line_explanations();
CREATE TRIGGER run_lines_kept AFTER DELETE ON run_lines REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_used_lines_deletion();
CREATE TRIGGER run_lines_no_truncate BEFORE TRUNCATE ON run_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE run_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY run_lines_visible_county ON run_lines TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON run_lines TO market_app;

CREATE TABLE run_lines_late PARTITION OF run_lines DEFAULT;
ALTER TABLE ONLY run_lines_late ALTER COLUMN run_id SET STATISTICS 0;
CREATE TRIGGER run_lines_no_truncate BEFORE TRUNCATE ON run_lines_late FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();

CREATE TABLE cycles (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    month date NOT NULL,
    state text NOT NULL DEFAULT 'open',
    run_id uuid,
    opened_at timestamptz NOT NULL,
    -- How often the village's and the township's approvals of a cycle were voided by a return; approvals keep the
    -- round in which they were given.
    village_round smallint NOT NULL DEFAULT 0,
    township_round smallint NOT NULL DEFAULT 0,
    -- The time of the facts of the month's last calculation, also of one that found nothing new: whatever was imported
    -- before is at most as old, whatever is imported later is younger. Clocks are read before a lock is waited for, so
    -- that the times of files and calculations are compared with it when they are written.
    calculated_at timestamptz,
    CONSTRAINT cycles_calculated_at CHECK ((run_id IS NULL) OR (calculated_at IS NOT NULL)),
    CONSTRAINT cycles_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT cycles_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT cycles_run_required CHECK ((state = 'open') OR (run_id IS NOT NULL)),
    CONSTRAINT cycles_state
        CHECK (state IN ('open', 'calculated', 'confirmed', 'reviewed', 'decided', 'settled', 'reconciled', 'closed')),
    CONSTRAINT cycles_unique UNIQUE (county_code, month)
);
CREATE TRIGGER cycles_county_months AFTER INSERT OR UPDATE OF state, run_id ON cycles FOR EACH ROW
    EXECUTE FUNCTION note_county_month();
CREATE TRIGGER cycles_reconciled AFTER UPDATE OF state ON cycles FOR EACH ROW WHEN (((new.state = 'reconciled')
    AND (old.state <> 'reconciled'))) EXECUTE FUNCTION check_reconciled();
ALTER TABLE cycles ENABLE ROW LEVEL SECURITY;
CREATE POLICY cycles_visible_county ON cycles TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (state, run_id, village_round, township_round, calculated_at) ON cycles TO market_app;

-- Separation of duties: an account has at most one duty in a cycle, regardless of its roles.
CREATE TABLE cycle_duties (
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    account_id uuid NOT NULL,
    duty text NOT NULL,
    taken_at timestamptz NOT NULL,
    -- One duty of a cycle per person, whatever accounts they use, as for the steps of an admission.
    person_key bytea,
    CONSTRAINT cycle_duties_duty
        CHECK (duty IN ('import', 'terms', 'village', 'township', 'county', 'settlement', 'reconciliation')),
    CONSTRAINT cycle_duties_one_per_account PRIMARY KEY (cycle_id, account_id),
    CONSTRAINT cycle_duties_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT cycle_duties_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id)
);
CREATE UNIQUE INDEX cycle_duties_one_per_person ON cycle_duties (cycle_id, person_key);
CREATE TRIGGER cycle_duties_append_only BEFORE DELETE
    OR UPDATE OF county_code, cycle_id, duty, account_id, taken_at ON cycle_duties FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cycle_duties_no_truncate BEFORE TRUNCATE ON cycle_duties FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cycle_duties_person BEFORE INSERT ON cycle_duties FOR EACH ROW EXECUTE FUNCTION set_person_key();
ALTER TABLE cycle_duties ENABLE ROW LEVEL SECURITY;
CREATE POLICY cycle_duties_visible_county ON cycle_duties TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON cycle_duties TO market_app;

CREATE TABLE cycle_events (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    state text NOT NULL,
    account_id uuid NOT NULL,
    at timestamptz NOT NULL,
    -- A month can be returned to an earlier state with a reason, and each step may carry an opinion.
    returned boolean NOT NULL DEFAULT false,
    opinion text NOT NULL DEFAULT '',
    -- Events and approvals are few, so that the checks in the same transaction are short.
    CONSTRAINT cycle_events_opinion CHECK (length(opinion) <= 500),
    CONSTRAINT cycle_events_return_explained CHECK ((NOT returned) OR (opinion <> '')),
    CONSTRAINT cycle_events_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT cycle_events_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id)
);
CREATE INDEX cycle_events_by_cycle ON cycle_events (cycle_id, at);
CREATE TRIGGER cycle_events_append_only BEFORE DELETE OR UPDATE ON cycle_events FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cycle_events_no_truncate BEFORE TRUNCATE ON cycle_events FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE cycle_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY cycle_events_visible_county ON cycle_events TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON cycle_events TO market_app;

-- The control totals of an operator's settlement file.
CREATE TABLE settlements (
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    rows integer NOT NULL,
    pay_fen bigint NOT NULL,
    settled_at timestamptz NOT NULL,
    bank_account_id uuid,
    set_off_fen bigint NOT NULL DEFAULT 0,
    CONSTRAINT settlements_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT settlements_rows CHECK (rows >= 0),
    -- The file that each operator is sent for a settled month, kept sealed: what it was is asked when it answers. Its
    -- sum is the sum that the operator is paid.
    CONSTRAINT settlements_paid UNIQUE (cycle_id, operator, pay_fen),
    CONSTRAINT settlements_transfer CHECK ((pay_fen - set_off_fen) >= 0) NOT VALID,
    CONSTRAINT settlements_unique PRIMARY KEY (cycle_id, operator),
    CONSTRAINT settlements_bank_account FOREIGN KEY (bank_account_id, county_code, operator)
        REFERENCES operator_bank_accounts(id, county_code, operator),
    CONSTRAINT settlements_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id)
);
CREATE TRIGGER settlements_append_only BEFORE DELETE OR UPDATE ON settlements FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlements_no_truncate BEFORE TRUNCATE ON settlements FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE settlements ENABLE ROW LEVEL SECURITY;
CREATE POLICY settlements_visible_county ON settlements TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON settlements TO market_app;
COMMENT ON COLUMN settlements.set_off_fen IS 'What is withheld of pay_fen for clawbacks; a settlement below zero becomes one, so that what is transferred is never below zero.';

CREATE TABLE runs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    n integer NOT NULL,
    manifest_sha256 text NOT NULL,
    result_sha256 text NOT NULL,
    budget_fen bigint,
    account_id uuid NOT NULL,
    ran_at timestamptz NOT NULL,
    CONSTRAINT runs_n CHECK (n >= 1),
    CONSTRAINT runs_result CHECK (result_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT runs_n_unique UNIQUE (cycle_id, n),
    CONSTRAINT runs_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT runs_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT runs_snapshot FOREIGN KEY (county_code, manifest_sha256)
        REFERENCES case_snapshots(county_code, manifest_sha256)
);
CREATE TRIGGER runs_append_only BEFORE DELETE OR UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER runs_county_months AFTER INSERT ON runs FOR EACH ROW EXECUTE FUNCTION note_county_month_of_run();
CREATE TRIGGER runs_no_truncate BEFORE TRUNCATE ON runs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER runs_not_archived BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION refuse_archived_run();
ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY runs_visible_county ON runs TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON runs TO market_app;

-- The approvals of a run, one per duty and division. A new run has none.
CREATE TABLE cycle_approvals (
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    run_id uuid NOT NULL,
    duty text NOT NULL,
    scope text NOT NULL,
    account_id uuid NOT NULL,
    approved_at timestamptz NOT NULL,
    round smallint NOT NULL DEFAULT 0,
    opinion text NOT NULL DEFAULT '',
    CONSTRAINT cycle_approvals_duty CHECK (duty IN ('village', 'township')),
    CONSTRAINT cycle_approvals_scope CHECK (scope ~ '^[0-9]{6,12}$'),
    CONSTRAINT cycle_approvals_unique PRIMARY KEY (run_id, duty, scope, round),
    CONSTRAINT cycle_approvals_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT cycle_approvals_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT cycle_approvals_run FOREIGN KEY (run_id) REFERENCES runs(id)
);
CREATE TRIGGER cycle_approvals_append_only BEFORE DELETE OR UPDATE ON cycle_approvals FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cycle_approvals_no_truncate BEFORE TRUNCATE ON cycle_approvals FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE cycle_approvals ENABLE ROW LEVEL SECURITY;
CREATE POLICY cycle_approvals_visible_county ON cycle_approvals TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON cycle_approvals TO market_app;

-- The steps that explain a line's sums, stored once for all lines of a run that share them: the lines of a county have
-- a few hundred different ones, which took most of each line's row.
CREATE TABLE run_explanations (
    run_id uuid NOT NULL,
    number integer NOT NULL,
    county_code text NOT NULL,
    steps jsonb NOT NULL,
    CONSTRAINT run_explanations_number CHECK (number > 0),
    CONSTRAINT run_explanations_unique PRIMARY KEY (run_id, number),
    CONSTRAINT run_explanations_run FOREIGN KEY (run_id) REFERENCES runs(id)
) PARTITION BY RANGE (run_id);
CREATE TRIGGER run_explanations_append_only BEFORE UPDATE ON run_explanations FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_explanations_kept AFTER DELETE ON run_explanations REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_used_lines_deletion();
CREATE TRIGGER run_explanations_no_truncate BEFORE TRUNCATE ON run_explanations FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE run_explanations ENABLE ROW LEVEL SECURITY;
CREATE POLICY run_explanations_visible_county ON run_explanations TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON run_explanations TO market_app;

CREATE TABLE run_explanations_late PARTITION OF run_explanations DEFAULT;
CREATE TRIGGER run_explanations_no_truncate BEFORE TRUNCATE ON run_explanations_late FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();

-- The amounts settled in a cycle: those of its own month, and signed adjustments of earlier months. Append-only.
CREATE TABLE subsidy_postings (
    cycle_id uuid NOT NULL,
    line_code text NOT NULL,
    for_month date NOT NULL,
    revision smallint NOT NULL,
    county_code text NOT NULL,
    run_id uuid NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    approved_fen bigint NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    funded_fen bigint GENERATED ALWAYS AS ((conceded_fen + public_fen)) STORED NOT NULL,
    settled_before_fen bigint NOT NULL,
    shares jsonb NOT NULL,
    why text NOT NULL DEFAULT '',
    posted_at timestamptz NOT NULL,
    CONSTRAINT subsidy_postings_month CHECK (EXTRACT(day FROM for_month) = (1)::numeric),
    CONSTRAINT subsidy_postings_revision CHECK (revision >= 1),
    CONSTRAINT subsidy_postings_total_not_negative CHECK (((settled_before_fen + conceded_fen) + public_fen) >= 0),
    CONSTRAINT subsidy_postings_unique PRIMARY KEY (cycle_id, line_code, for_month, revision),
    CONSTRAINT subsidy_postings_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT subsidy_postings_run FOREIGN KEY (run_id) REFERENCES runs(id)
);
CREATE INDEX subsidy_postings_by_month ON subsidy_postings (county_code, for_month);
-- Lines of a run that a later one replaced may go; no line is changed, and none of a run that is used goes.
CREATE INDEX subsidy_postings_by_run ON subsidy_postings (run_id);
CREATE TRIGGER subsidy_postings_append_only BEFORE DELETE OR UPDATE ON subsidy_postings FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER subsidy_postings_no_truncate BEFORE TRUNCATE ON subsidy_postings FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE subsidy_postings ENABLE ROW LEVEL SECURITY;
CREATE POLICY subsidy_postings_visible_county ON subsidy_postings TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON subsidy_postings TO market_app;
