-- Subsidies: the months of a county (cycles), runs, findings and postings; row-level security, append-only triggers and
-- grants of all subsidy tables.

-- cycles --------------------------------------------------------------------------------------------------------------

CREATE TABLE cycles (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL CONSTRAINT cycles_county CHECK (county_code ~ '^[0-9]{6}$'),
    month       date NOT NULL CONSTRAINT cycles_month CHECK (extract(day FROM month) = 1),
    state       text NOT NULL DEFAULT 'open' CONSTRAINT cycles_state CHECK (state IN (
        'open', 'calculated', 'confirmed', 'reviewed', 'decided', 'settled', 'reconciled', 'closed')),
    run_id      uuid,
    opened_at   timestamptz NOT NULL,
    CONSTRAINT cycles_unique UNIQUE (county_code, month),
    CONSTRAINT cycles_run_required CHECK (state = 'open' OR run_id IS NOT NULL)
);

CREATE TABLE cycle_events (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT cycle_events_cycle REFERENCES cycles,
    state       text NOT NULL,
    account_id  uuid NOT NULL CONSTRAINT cycle_events_account REFERENCES accounts,
    at          timestamptz NOT NULL
);
CREATE INDEX cycle_events_by_cycle ON cycle_events (cycle_id, at);

-- Separation of duties: an account has at most one duty in a cycle, regardless of its roles.
CREATE TABLE cycle_duties (
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT cycle_duties_cycle REFERENCES cycles,
    account_id  uuid NOT NULL CONSTRAINT cycle_duties_account REFERENCES accounts,
    duty        text NOT NULL CONSTRAINT cycle_duties_duty CHECK (duty IN (
        'import', 'terms', 'village', 'township', 'county', 'settlement', 'reconciliation')),
    taken_at    timestamptz NOT NULL,
    CONSTRAINT cycle_duties_one_per_account PRIMARY KEY (cycle_id, account_id)
);

-- runs ----------------------------------------------------------------------------------------------------------------

-- The input of a calculation as canonical JSON, compressed with zlib, so that the calculation can be repeated.
CREATE TABLE case_snapshots (
    county_code     text NOT NULL,
    manifest_sha256 text NOT NULL CONSTRAINT case_snapshots_manifest CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    compressed_case bytea NOT NULL,
    CONSTRAINT case_snapshots_unique PRIMARY KEY (county_code, manifest_sha256)
);

CREATE TABLE runs (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code     text NOT NULL,
    cycle_id        uuid NOT NULL CONSTRAINT runs_cycle REFERENCES cycles,
    n               integer NOT NULL CONSTRAINT runs_n CHECK (n >= 1),
    manifest_sha256 text NOT NULL,
    result_sha256   text NOT NULL CONSTRAINT runs_result CHECK (result_sha256 ~ '^[0-9a-f]{64}$'),
    budget_fen      bigint,
    account_id      uuid NOT NULL CONSTRAINT runs_account REFERENCES accounts,
    ran_at          timestamptz NOT NULL,
    CONSTRAINT runs_n_unique UNIQUE (cycle_id, n),
    CONSTRAINT runs_snapshot FOREIGN KEY (county_code, manifest_sha256) REFERENCES case_snapshots
);
ALTER TABLE cycles ADD CONSTRAINT cycles_run FOREIGN KEY (run_id) REFERENCES runs;

CREATE TABLE run_lines (
    run_id         uuid NOT NULL CONSTRAINT run_lines_run REFERENCES runs,
    line_code      text NOT NULL,
    county_code    text NOT NULL,
    operator       text NOT NULL,
    kind           text NOT NULL,
    programme_code text NOT NULL,
    in_snapshot    boolean NOT NULL,
    household_code text,
    village_code   text,
    village_name   text,
    payable_households text[] NOT NULL,
    payable_days   smallint NOT NULL,
    claimed_fen    bigint,
    entitled_fen   bigint NOT NULL CONSTRAINT run_lines_entitled CHECK (entitled_fen >= 0),
    approved_fen   bigint NOT NULL CONSTRAINT run_lines_approved CHECK (
        approved_fen = least(entitled_fen, coalesce(claimed_fen, 0))),
    over_fen       bigint NOT NULL CONSTRAINT run_lines_over CHECK (over_fen = coalesce(claimed_fen, 0) - approved_fen),
    under_fen      bigint NOT NULL CONSTRAINT run_lines_under CHECK (under_fen = entitled_fen - approved_fen),
    conceded_fen   bigint NOT NULL CONSTRAINT run_lines_conceded CHECK (conceded_fen >= 0),
    public_fen     bigint NOT NULL CONSTRAINT run_lines_public CHECK (public_fen >= 0),
    shares         jsonb NOT NULL,
    settled_fen    bigint,
    reasons        text[] NOT NULL,
    causes         text[] NOT NULL,
    removed_on     date,
    steps          jsonb NOT NULL,
    CONSTRAINT run_lines_unique PRIMARY KEY (run_id, line_code),
    CONSTRAINT run_lines_funded_at_most_approved CHECK (conceded_fen + public_fen <= approved_fen)
);
CREATE INDEX run_lines_by_village ON run_lines (run_id, village_code);
CREATE INDEX run_lines_by_household ON run_lines (run_id, household_code);

-- The approvals of a run, one per duty and division. A new run has none.
CREATE TABLE cycle_approvals (
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT cycle_approvals_cycle REFERENCES cycles,
    run_id      uuid NOT NULL CONSTRAINT cycle_approvals_run REFERENCES runs,
    duty        text NOT NULL CONSTRAINT cycle_approvals_duty CHECK (duty IN ('village', 'township')),
    scope       text NOT NULL CONSTRAINT cycle_approvals_scope CHECK (scope ~ '^[0-9]{6,12}$'),
    account_id  uuid NOT NULL CONSTRAINT cycle_approvals_account REFERENCES accounts,
    approved_at timestamptz NOT NULL,
    CONSTRAINT cycle_approvals_unique PRIMARY KEY (run_id, duty, scope)
);

-- findings ------------------------------------------------------------------------------------------------------------

-- `month` is set for monthly checks; other checks open one finding per subject.
CREATE TABLE findings (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT findings_cycle REFERENCES cycles,
    check_code  text NOT NULL,
    subject     text NOT NULL,
    month       date,
    stops       boolean NOT NULL,
    at_risk_fen bigint NOT NULL CONSTRAINT findings_at_risk CHECK (at_risk_fen >= 0),
    evidence    text NOT NULL,
    state       text NOT NULL DEFAULT 'open' CONSTRAINT findings_state CHECK (state IN ('open', 'decided', 'lapsed')),
    opened_at   timestamptz NOT NULL,
    CONSTRAINT findings_unique UNIQUE NULLS NOT DISTINCT (county_code, check_code, subject, month)
);
CREATE INDEX findings_by_cycle ON findings (cycle_id, state);

CREATE TABLE finding_lines (
    finding_id  uuid NOT NULL CONSTRAINT finding_lines_finding REFERENCES findings,
    line_code   text NOT NULL,
    county_code text NOT NULL,
    verdict     text CONSTRAINT finding_lines_verdict CHECK (verdict IN ('pay', 'stop')),
    CONSTRAINT finding_lines_unique PRIMARY KEY (finding_id, line_code)
);
CREATE INDEX finding_lines_by_line ON finding_lines (county_code, line_code);

CREATE TABLE finding_decisions (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    finding_id  uuid NOT NULL CONSTRAINT finding_decisions_finding REFERENCES findings,
    cycle_id    uuid NOT NULL CONSTRAINT finding_decisions_cycle REFERENCES cycles,
    account_id  uuid NOT NULL CONSTRAINT finding_decisions_account REFERENCES accounts,
    pays        text[] NOT NULL,
    stops       text[] NOT NULL,
    why         text NOT NULL CONSTRAINT finding_decisions_why CHECK (length(why) BETWEEN 1 AND 500),
    decided_at  timestamptz NOT NULL
);
CREATE INDEX finding_decisions_by_finding ON finding_decisions (finding_id, decided_at);

-- postings ------------------------------------------------------------------------------------------------------------

-- The amounts settled in a cycle: those of its own month, and signed adjustments of earlier months. Append-only.
CREATE TABLE subsidy_postings (
    cycle_id       uuid NOT NULL CONSTRAINT subsidy_postings_cycle REFERENCES cycles,
    line_code      text NOT NULL,
    for_month      date NOT NULL CONSTRAINT subsidy_postings_month CHECK (extract(day FROM for_month) = 1),
    revision       smallint NOT NULL CONSTRAINT subsidy_postings_revision CHECK (revision >= 1),
    county_code    text NOT NULL,
    run_id         uuid NOT NULL CONSTRAINT subsidy_postings_run REFERENCES runs,
    operator       text NOT NULL,
    kind           text NOT NULL,
    approved_fen   bigint NOT NULL,
    conceded_fen   bigint NOT NULL,
    public_fen     bigint NOT NULL,
    funded_fen     bigint GENERATED ALWAYS AS (conceded_fen + public_fen) STORED NOT NULL,
    settled_before_fen bigint NOT NULL,
    shares         jsonb NOT NULL,
    why            text NOT NULL DEFAULT '',
    posted_at      timestamptz NOT NULL,
    CONSTRAINT subsidy_postings_unique PRIMARY KEY (cycle_id, line_code, for_month, revision),
    CONSTRAINT subsidy_postings_total_not_negative CHECK (settled_before_fen + conceded_fen + public_fen >= 0)
);
CREATE INDEX subsidy_postings_by_month ON subsidy_postings (county_code, for_month);

-- The control totals of an operator's settlement file.
CREATE TABLE settlements (
    cycle_id    uuid NOT NULL CONSTRAINT settlements_cycle REFERENCES cycles,
    operator    text NOT NULL CONSTRAINT settlements_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    county_code text NOT NULL,
    rows        integer NOT NULL CONSTRAINT settlements_rows CHECK (rows >= 0),
    pay_fen     bigint NOT NULL,
    settled_at  timestamptz NOT NULL,
    CONSTRAINT settlements_unique PRIMARY KEY (cycle_id, operator)
);

-- row-level security, triggers, grants --------------------------------------------------------------------------------

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'import_files', 'persons', 'households', 'household_statuses', 'memberships', 'programmes',
        'programme_sentences', 'programme_terms', 'plans', 'budgets', 'lines', 'bindings', 'enrolments', 'usage_days',
        'openings', 'claims', 'cycles', 'cycle_events', 'cycle_duties', 'case_snapshots', 'runs', 'run_lines',
        'cycle_approvals', 'findings', 'finding_lines', 'finding_decisions', 'subsidy_postings', 'settlements']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        -- The CASE is for the planner, which estimates a bare starts_with at one row in 200 and joins by nested loops.
        EXECUTE format('CREATE POLICY %I ON %I TO market_app '
                       'USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) '
                       'THEN true ELSE false END)',
                       table_name || '_visible_county', table_name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO market_app', table_name);
    END LOOP;
    FOREACH table_name IN ARRAY ARRAY[
        'import_files', 'claims', 'cycle_events', 'cycle_duties', 'case_snapshots', 'runs', 'run_lines',
        'cycle_approvals', 'finding_decisions', 'subsidy_postings', 'settlements']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       table_name || '_append_only', table_name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       table_name || '_no_truncate', table_name);
    END LOOP;
    FOREACH table_name IN ARRAY ARRAY[
        'persons', 'household_statuses', 'memberships', 'programmes', 'budgets', 'enrolments', 'cycles', 'findings',
        'finding_lines']
    LOOP
        EXECUTE format('GRANT UPDATE ON %I TO market_app', table_name);
    END LOOP;
    FOREACH table_name IN ARRAY ARRAY['programme_sentences', 'programme_terms', 'plans', 'bindings', 'finding_lines']
    LOOP
        EXECUTE format('GRANT DELETE ON %I TO market_app', table_name);
    END LOOP;
END
$$;
