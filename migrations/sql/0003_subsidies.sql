-- Who is entitled to a lower phone bill, who claims it, what a month came to, and who decided so.
-- Every table carries its county (six digits), so that row-level security needs no join and a county can move.

-- The county that the present transaction may see: '' for every one, NULL for none. A township's or a village's scope
-- sees its county here; the query narrows it.
CREATE FUNCTION county_sight() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE current_setting('market.scope', true)
    WHEN 'all' THEN ''
    WHEN '' THEN NULL
    ELSE left(current_setting('market.scope', true), 6)
END;

-- As money is written everywhere: 1950 is 19.50. Whole numbers alone.
CREATE FUNCTION yuan(fen bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN fen < 0 THEN '-' ELSE '' END || abs(fen) / 100 || '.' || lpad((abs(fen) % 100)::text, 2, '0');

CREATE FUNCTION total_of(parts integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(sum(part), 0) FROM unnest(parts) AS part);

-- The sum of signed shares, by bearer.
CREATE FUNCTION total_shares(parts jsonb[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(jsonb_object_agg(funder, fen), '{}')
          FROM (SELECT key AS funder, sum(value::bigint)::bigint AS fen
                  FROM unnest(parts) AS part, jsonb_each_text(part) GROUP BY key) AS sums);

-- files ----------------------------------------------------------------------------------------------------------------

-- What was taken from whom. The same bytes under the same name change nothing; but for the register and the policy, which
-- come again under one name, a name is used once.
CREATE TABLE sheet_files (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL CONSTRAINT sheet_files_county CHECK (county_code ~ '^[0-9]{6}$'),
    kind        text NOT NULL CONSTRAINT sheet_files_kind CHECK (kind IN (
        'register', 'programmes', 'plans', 'budget', 'enrolments', 'bindings', 'opening', 'billing', 'usage')),
    name        text NOT NULL CONSTRAINT sheet_files_name_length CHECK (length(name) BETWEEN 1 AND 200),
    sha256      text NOT NULL CONSTRAINT sheet_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    rows        integer NOT NULL CONSTRAINT sheet_files_rows CHECK (rows >= 0),
    operator    text,
    month       date CONSTRAINT sheet_files_month CHECK (extract(day FROM month) = 1),
    sum_fen     bigint,
    account_id  uuid NOT NULL CONSTRAINT sheet_files_account REFERENCES accounts,
    taken_at    timestamptz NOT NULL,
    CONSTRAINT sheet_files_billing_is_whole CHECK (
        kind <> 'billing' OR (operator IS NOT NULL AND month IS NOT NULL AND sum_fen IS NOT NULL))
);
CREATE UNIQUE INDEX sheet_files_one_content_a_name ON sheet_files (county_code, kind, name)
    WHERE kind IN ('billing', 'usage', 'enrolments', 'bindings', 'opening');
CREATE INDEX sheet_files_by_name ON sheet_files (county_code, kind, name, taken_at DESC);
CREATE UNIQUE INDEX sheet_files_one_name_a_bill ON sheet_files (county_code, sha256) WHERE kind = 'billing';

-- the register ---------------------------------------------------------------------------------------------------------

CREATE TABLE persons (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code     text NOT NULL,
    identity_index  bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed     bytea NOT NULL,
    born_on         date NOT NULL,
    sex             text NOT NULL CONSTRAINT persons_sex CHECK (sex IN ('男', '女')),
    died_on         date CONSTRAINT persons_die_after_birth CHECK (died_on >= born_on),
    death_known_at  timestamptz,
    CONSTRAINT persons_one_identity UNIQUE (county_code, identity_index),
    CONSTRAINT persons_death_known CHECK ((died_on IS NULL) = (death_known_at IS NULL))
);

CREATE TABLE households (
    county_code text NOT NULL,
    code        text NOT NULL CONSTRAINT households_code_length CHECK (length(code) BETWEEN 1 AND 40),
    split_from  text CONSTRAINT households_split_from_another CHECK (split_from <> code),
    CONSTRAINT households_code PRIMARY KEY (county_code, code),
    CONSTRAINT households_lineage FOREIGN KEY (county_code, split_from) REFERENCES households
);

-- Three facts, not one category: origin, monitoring, risk removed. They keep the words of their date.
CREATE TABLE household_standings (
    county_code     text NOT NULL,
    household_code  text NOT NULL,
    valid_during    daterange NOT NULL CONSTRAINT household_standings_some_day CHECK (NOT isempty(valid_during)),
    village_code    text NOT NULL CONSTRAINT household_standings_village REFERENCES divisions,
    village_name    text NOT NULL,
    registered      boolean NOT NULL,
    monitoring      text NOT NULL DEFAULT '',
    risk_removed_on date,
    tier            smallint NOT NULL CONSTRAINT household_standings_tier CHECK (tier >= 1),
    CONSTRAINT household_standings_household FOREIGN KEY (county_code, household_code) REFERENCES households,
    CONSTRAINT household_standings_village_of_county CHECK (left(village_code, 6) = county_code),
    CONSTRAINT household_standings_one_a_day PRIMARY KEY (county_code, household_code, valid_during WITHOUT OVERLAPS)
);
-- A temporal key is a GiST index; looking a household up in a B-tree costs a fifth.
CREATE INDEX household_standings_by_household ON household_standings (county_code, household_code);

CREATE TABLE memberships (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code    text NOT NULL,
    person_id      uuid NOT NULL CONSTRAINT memberships_person REFERENCES persons,
    household_code text NOT NULL,
    seat           smallint NOT NULL CONSTRAINT memberships_seat CHECK (seat >= 1),
    relation       text NOT NULL,
    valid_during   daterange NOT NULL CONSTRAINT memberships_some_day CHECK (NOT isempty(valid_during)),
    leave_reason   text NOT NULL DEFAULT '',
    CONSTRAINT memberships_household FOREIGN KEY (county_code, household_code) REFERENCES households,
    CONSTRAINT memberships_one_household_a_day UNIQUE (person_id, valid_during WITHOUT OVERLAPS)
);
CREATE INDEX memberships_by_household ON memberships (county_code, household_code);

-- programmes, plans, budgets -------------------------------------------------------------------------------------------

CREATE TABLE programmes (
    county_code     text NOT NULL CONSTRAINT programmes_county CHECK (county_code ~ '^[0-9]{6}$'),
    code            text NOT NULL CONSTRAINT programmes_code_length CHECK (length(code) BETWEEN 1 AND 20),
    name            text NOT NULL,
    kinds           text[] NOT NULL CONSTRAINT programmes_kinds CHECK (
        kinds <@ ARRAY['mobile', 'broadband', 'television'] AND cardinality(kinds) > 0),
    max_lines       smallint NOT NULL CONSTRAINT programmes_max_lines CHECK (max_lines >= 1),
    proration       text NOT NULL CONSTRAINT programmes_proration CHECK (proration IN ('daily', 'none')),
    idle_days       integer CONSTRAINT programmes_idle_days CHECK (idle_days >= 1),
    cure_days       integer CONSTRAINT programmes_cure_days CHECK (cure_days >= 0),
    document_number text NOT NULL,
    document_name   text NOT NULL,
    document_sha256 text NOT NULL CONSTRAINT programmes_document_sha256 CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
    document_text   text NOT NULL,
    CONSTRAINT programmes_code PRIMARY KEY (county_code, code),
    CONSTRAINT programmes_idle_is_whole CHECK ((idle_days IS NULL) = (cure_days IS NULL))
);

-- What a figure of the programme rests on: the quote, and what stands before and after it in the document.
CREATE TABLE programme_sentences (
    county_code    text NOT NULL,
    programme_code text NOT NULL,
    position       smallint NOT NULL,
    subjects       text[] NOT NULL,
    prefix         text NOT NULL,
    quote          text NOT NULL CONSTRAINT programme_sentences_quote CHECK (quote <> ''),
    suffix         text NOT NULL,
    read_by        uuid NOT NULL CONSTRAINT programme_sentences_reader REFERENCES accounts,
    read_at        timestamptz NOT NULL,
    CONSTRAINT programme_sentences_once PRIMARY KEY (county_code, programme_code, position),
    CONSTRAINT programme_sentences_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes
);

CREATE TABLE programme_terms (
    county_code       text NOT NULL,
    programme_code    text NOT NULL,
    valid_during      daterange NOT NULL CONSTRAINT programme_terms_some_day CHECK (NOT isempty(valid_during)),
    kind              text NOT NULL CONSTRAINT programme_terms_kind CHECK (kind IN ('percent_off', 'fixed')),
    household_pays_bp integer CONSTRAINT programme_terms_pays CHECK (household_pays_bp BETWEEN 0 AND 10000),
    fixed_fen         bigint CONSTRAINT programme_terms_fixed CHECK (fixed_fen BETWEEN 0 AND 1000000000000),
    line_cap_fen      bigint CONSTRAINT programme_terms_line_cap CHECK (line_cap_fen BETWEEN 0 AND 1000000000000),
    household_cap_fen bigint CONSTRAINT programme_terms_household_cap CHECK (
        household_cap_fen BETWEEN 0 AND 1000000000000),
    funders           text[] NOT NULL CONSTRAINT programme_terms_funders CHECK (
        funders <@ ARRAY['operator', 'county', 'prefecture', 'province', 'central', 'other']),
    shares_bp         integer[] NOT NULL CONSTRAINT programme_terms_shares_are_whole CHECK (
        total_of(shares_bp) = 10000 AND 0 <= ALL (shares_bp) AND cardinality(shares_bp) = cardinality(funders)),
    CONSTRAINT programme_terms_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes,
    CONSTRAINT programme_terms_one_a_day PRIMARY KEY (county_code, programme_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT programme_terms_parameter CHECK (
        CASE kind WHEN 'percent_off' THEN household_pays_bp IS NOT NULL AND fixed_fen IS NULL
                  ELSE fixed_fen IS NOT NULL AND household_pays_bp IS NULL END)
);

-- A row is one service of a plan; a bundle has several, which share its charge.
CREATE TABLE plans (
    county_code  text NOT NULL CONSTRAINT plans_county CHECK (county_code ~ '^[0-9]{6}$'),
    code         text NOT NULL,
    kind         text NOT NULL CONSTRAINT plans_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    operator     text NOT NULL CONSTRAINT plans_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    name         text NOT NULL,
    plan_fen     bigint NOT NULL CONSTRAINT plans_charge CHECK (plan_fen BETWEEN 0 AND 1000000000000),
    monthly_fen  bigint NOT NULL CONSTRAINT plans_part CHECK (monthly_fen BETWEEN 0 AND plan_fen),
    market_fen   bigint CONSTRAINT plans_market CHECK (market_fen >= 0),
    weights      text NOT NULL DEFAULT '',
    basis        text NOT NULL DEFAULT '',
    valid_during daterange NOT NULL CONSTRAINT plans_some_day CHECK (NOT isempty(valid_during)),
    CONSTRAINT plans_one_charge_a_day PRIMARY KEY (county_code, code, kind, valid_during WITHOUT OVERLAPS)
);

CREATE TABLE budgets (
    county_code text NOT NULL CONSTRAINT budgets_county CHECK (county_code ~ '^[0-9]{6}$'),
    month       date NOT NULL CONSTRAINT budgets_month CHECK (extract(day FROM month) = 1),
    public_fen  bigint NOT NULL CONSTRAINT budgets_public CHECK (public_fen BETWEEN 0 AND 1000000000000),
    CONSTRAINT budgets_once PRIMARY KEY (county_code, month)
);

-- lines, bindings, enrolments, use -------------------------------------------------------------------------------------

CREATE TABLE lines (
    county_code text NOT NULL CONSTRAINT lines_county CHECK (county_code ~ '^[0-9]{6}$'),
    code        text NOT NULL CONSTRAINT lines_code_length CHECK (length(code) BETWEEN 1 AND 40),
    operator    text NOT NULL CONSTRAINT lines_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    kind        text NOT NULL CONSTRAINT lines_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT lines_code PRIMARY KEY (county_code, code),
    CONSTRAINT lines_whole UNIQUE (county_code, code, operator, kind)
);

-- Person, device, SIM and number of a line on a day. A number and a SIM belong to one line a day, in all counties; a
-- line has one device a day, but a device may carry several SIMs, which is a worksheet for people, not an error.
CREATE TABLE bindings (
    county_code    text NOT NULL,
    line_code      text NOT NULL,
    operator       text NOT NULL,
    kind           text NOT NULL,
    number         text NOT NULL CONSTRAINT bindings_number_length CHECK (length(number) BETWEEN 3 AND 64),
    number_key     text GENERATED ALWAYS AS (CASE kind WHEN 'mobile' THEN number ELSE operator || ':' || number END)
                   STORED NOT NULL,
    identity_index bytea NOT NULL,
    plan_code      text NOT NULL,
    device         text CONSTRAINT bindings_device_length CHECK (length(device) BETWEEN 1 AND 80),
    sim            text CONSTRAINT bindings_sim_length CHECK (length(sim) BETWEEN 1 AND 40),
    change         text NOT NULL,
    realname       text NOT NULL,
    valid_during   daterange NOT NULL CONSTRAINT bindings_some_day CHECK (NOT isempty(valid_during)),
    CONSTRAINT bindings_line FOREIGN KEY (county_code, line_code, operator, kind)
        REFERENCES lines (county_code, code, operator, kind),
    CONSTRAINT bindings_one_device_a_line_and_day PRIMARY KEY (county_code, line_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT bindings_one_line_a_number_and_day UNIQUE (number_key, valid_during WITHOUT OVERLAPS),
    CONSTRAINT bindings_one_line_a_sim_and_day UNIQUE (sim, valid_during WITHOUT OVERLAPS)
);
CREATE INDEX bindings_by_number ON bindings (county_code, operator, number);
CREATE INDEX bindings_by_whole_number ON bindings (number);
CREATE INDEX bindings_by_identity ON bindings (county_code, identity_index);

-- Which numbers and SIMs of a file another county has bound, without a word of whose they are.
CREATE FUNCTION bound_elsewhere(p_county text, p_spans jsonb) RETURNS TABLE ("row" integer, cell text, "value" text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH given AS MATERIALIZED (
        SELECT r."row", r.number, r.sim, daterange(r.start, r.until) AS days
          FROM jsonb_to_recordset(p_spans) AS r("row" integer, number text, sim text, start date, until date))
    SELECT g."row", 'number', g.number FROM given g
      JOIN bindings b ON b.number_key = g.number AND b.valid_during && g.days AND b.county_code <> p_county
    UNION
    SELECT g."row", 'sim', g.sim FROM given g
      JOIN bindings b ON b.sim = g.sim AND b.valid_during && g.days AND b.county_code <> p_county
    ORDER BY 1, 2;
END;
REVOKE ALL ON FUNCTION bound_elsewhere FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bound_elsewhere TO market_app;

-- What was applied for, and what became of it; the notice is that of both its whole days.
CREATE TABLE enrolments (
    county_code    text NOT NULL CONSTRAINT enrolments_county CHECK (county_code ~ '^[0-9]{6}$'),
    line_code      text NOT NULL CONSTRAINT enrolments_line_length CHECK (length(line_code) BETWEEN 1 AND 40),
    programme_code text NOT NULL,
    identity_index bytea NOT NULL,
    household_code text NOT NULL,
    applied_on     date NOT NULL,
    notice         daterange CONSTRAINT enrolments_notice_has_days CHECK (NOT isempty(notice)),
    decided_on     date,
    entitled_from  date,
    status         text NOT NULL CONSTRAINT enrolments_status_length CHECK (length(status) BETWEEN 1 AND 20),
    decided        boolean GENERATED ALWAYS AS (status = '已审定') STORED NOT NULL,
    agent          text NOT NULL DEFAULT '',
    assessor       text NOT NULL DEFAULT '',
    CONSTRAINT enrolments_one_a_line PRIMARY KEY (county_code, line_code),
    CONSTRAINT enrolments_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes,
    CONSTRAINT enrolments_decided_is_whole CHECK (
        status <> '已审定' OR (decided_on IS NOT NULL AND entitled_from IS NOT NULL AND decided_on >= applied_on))
);
CREATE INDEX enrolments_by_identity ON enrolments (county_code, identity_index);

CREATE TABLE usage_days (
    county_code text NOT NULL CONSTRAINT usage_days_county CHECK (county_code ~ '^[0-9]{6}$'),
    operator    text NOT NULL CONSTRAINT usage_days_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    number      text NOT NULL,
    used_on     date NOT NULL,
    CONSTRAINT usage_days_once PRIMARY KEY (county_code, operator, number, used_on)
);

-- What was settled before this system began, a line in one sum.
CREATE TABLE openings (
    county_code    text NOT NULL CONSTRAINT openings_county CHECK (county_code ~ '^[0-9]{6}$'),
    line_code      text NOT NULL,
    operator       text NOT NULL CONSTRAINT openings_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    kind           text NOT NULL CONSTRAINT openings_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    programme_code text NOT NULL,
    household_code text NOT NULL,
    months         smallint NOT NULL CONSTRAINT openings_months CHECK (months >= 1),
    conceded_fen   bigint NOT NULL CONSTRAINT openings_conceded CHECK (conceded_fen >= 0),
    public_fen     bigint NOT NULL CONSTRAINT openings_public CHECK (public_fen >= 0),
    CONSTRAINT openings_once PRIMARY KEY (county_code, line_code)
);

-- claims ---------------------------------------------------------------------------------------------------------------

-- One row of an operator's monthly file; a correction is signed and names the earlier month that it changes.
CREATE TABLE claims (
    file_id        uuid NOT NULL CONSTRAINT claims_file REFERENCES sheet_files,
    row_number     integer NOT NULL CONSTRAINT claims_row CHECK (row_number >= 2),
    county_code    text NOT NULL,
    month          date NOT NULL CONSTRAINT claims_month CHECK (extract(day FROM month) = 1),
    operator       text NOT NULL CONSTRAINT claims_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    number         text NOT NULL,
    kind           text NOT NULL CONSTRAINT claims_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    programme_code text NOT NULL,
    charge_fen     bigint NOT NULL,
    reduction_fen  bigint NOT NULL,
    billed_fen     bigint NOT NULL,
    corrects_month date CONSTRAINT claims_correct_an_earlier_month CHECK (
        extract(day FROM corrects_month) = 1 AND corrects_month < month),
    CONSTRAINT claims_row_once PRIMARY KEY (file_id, row_number),
    CONSTRAINT claims_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes,
    CONSTRAINT claims_add_up CHECK (charge_fen = reduction_fen + billed_fen),
    CONSTRAINT claims_are_positive CHECK (
        corrects_month IS NOT NULL OR (charge_fen >= 0 AND reduction_fen >= 0 AND billed_fen >= 0))
);
CREATE UNIQUE INDEX claims_one_a_number_and_month ON claims (county_code, operator, number, month)
    WHERE corrects_month IS NULL;
CREATE INDEX claims_by_month ON claims (county_code, month);
CREATE INDEX claims_by_corrected_month ON claims (county_code, corrects_month) WHERE corrects_month IS NOT NULL;

-- cycles ---------------------------------------------------------------------------------------------------------------

CREATE TABLE cycles (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL CONSTRAINT cycles_county CHECK (county_code ~ '^[0-9]{6}$'),
    month       date NOT NULL CONSTRAINT cycles_month CHECK (extract(day FROM month) = 1),
    state       text NOT NULL DEFAULT 'open' CONSTRAINT cycles_state CHECK (state IN (
        'open', 'calculated', 'confirmed', 'reviewed', 'decided', 'settled', 'reconciled', 'closed')),
    run_id      uuid,
    opened_at   timestamptz NOT NULL,
    CONSTRAINT cycles_once UNIQUE (county_code, month),
    CONSTRAINT cycles_stand_on_a_run CHECK (state = 'open' OR run_id IS NOT NULL)
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

-- Separation of duties: an account holds one duty of a cycle and never a second, whatever its roles say.
CREATE TABLE cycle_duties (
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT cycle_duties_cycle REFERENCES cycles,
    account_id  uuid NOT NULL CONSTRAINT cycle_duties_account REFERENCES accounts,
    duty        text NOT NULL CONSTRAINT cycle_duties_duty CHECK (duty IN (
        'import', 'terms', 'village', 'township', 'county', 'settlement', 'reconciliation')),
    taken_at    timestamptz NOT NULL,
    CONSTRAINT cycle_duties_one_an_account PRIMARY KEY (cycle_id, account_id)
);

-- runs -----------------------------------------------------------------------------------------------------------------

-- The input of a calculation, canonical and compressed (zlib), so that anyone can calculate it again.
CREATE TABLE case_snapshots (
    county_code     text NOT NULL,
    manifest_sha256 text NOT NULL CONSTRAINT case_snapshots_manifest CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    packed          bytea NOT NULL,
    CONSTRAINT case_snapshots_once PRIMARY KEY (county_code, manifest_sha256)
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
    CONSTRAINT runs_in_order UNIQUE (cycle_id, n),
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
    removed_on     date,
    trace          text NOT NULL,
    CONSTRAINT run_lines_once PRIMARY KEY (run_id, line_code),
    CONSTRAINT run_lines_funded_at_most_approved CHECK (conceded_fen + public_fen <= approved_fen)
);
CREATE INDEX run_lines_by_village ON run_lines (run_id, village_code);
CREATE INDEX run_lines_by_household ON run_lines (run_id, household_code);

-- The reviews of a run, each for a place; a new run has none.
CREATE TABLE cycle_approvals (
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT cycle_approvals_cycle REFERENCES cycles,
    run_id      uuid NOT NULL CONSTRAINT cycle_approvals_run REFERENCES runs,
    duty        text NOT NULL CONSTRAINT cycle_approvals_duty CHECK (duty IN ('village', 'township')),
    scope       text NOT NULL CONSTRAINT cycle_approvals_scope CHECK (scope ~ '^[0-9]{6,12}$'),
    account_id  uuid NOT NULL CONSTRAINT cycle_approvals_account REFERENCES accounts,
    approved_at timestamptz NOT NULL,
    CONSTRAINT cycle_approvals_once PRIMARY KEY (run_id, duty, scope)
);

-- findings -------------------------------------------------------------------------------------------------------------

-- `month` is set for the checks that are per month; of the others a subject has one finding and no second.
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
    CONSTRAINT findings_once UNIQUE NULLS NOT DISTINCT (county_code, check_code, subject, month)
);
CREATE INDEX findings_by_cycle ON findings (cycle_id, state);

CREATE TABLE finding_lines (
    finding_id  uuid NOT NULL CONSTRAINT finding_lines_finding REFERENCES findings,
    line_code   text NOT NULL,
    county_code text NOT NULL,
    verdict     text CONSTRAINT finding_lines_verdict CHECK (verdict IN ('pay', 'stop')),
    CONSTRAINT finding_lines_once PRIMARY KEY (finding_id, line_code)
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

-- postings -------------------------------------------------------------------------------------------------------------

-- What a cycle settled of its own month, and of earlier months as signed adjustments; nothing here ever changes.
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
    CONSTRAINT subsidy_postings_one_fact_once PRIMARY KEY (cycle_id, line_code, for_month, revision),
    CONSTRAINT subsidy_postings_never_below_nothing CHECK (settled_before_fen + conceded_fen + public_fen >= 0)
);
CREATE INDEX subsidy_postings_by_month ON subsidy_postings (county_code, for_month);

-- What an operator was told it is paid: the control totals of the settlement file.
CREATE TABLE settlements (
    cycle_id    uuid NOT NULL CONSTRAINT settlements_cycle REFERENCES cycles,
    operator    text NOT NULL CONSTRAINT settlements_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    county_code text NOT NULL,
    rows        integer NOT NULL CONSTRAINT settlements_rows CHECK (rows >= 0),
    pay_fen     bigint NOT NULL,
    settled_at  timestamptz NOT NULL,
    CONSTRAINT settlements_once PRIMARY KEY (cycle_id, operator)
);

-- guards ---------------------------------------------------------------------------------------------------------------

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY[
        'sheet_files', 'persons', 'households', 'household_standings', 'memberships', 'programmes',
        'programme_sentences', 'programme_terms', 'plans', 'budgets', 'lines', 'bindings', 'enrolments', 'usage_days',
        'openings', 'claims', 'cycles', 'cycle_events', 'cycle_duties', 'case_snapshots', 'runs', 'run_lines',
        'cycle_approvals', 'findings', 'finding_lines', 'finding_decisions', 'subsidy_postings', 'settlements']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        -- The CASE is for the planner: it takes a bare starts_with for one row in 200 and then joins by nested loops.
        EXECUTE format('CREATE POLICY %I ON %I TO market_app '
                       'USING (CASE WHEN starts_with(county_code, (SELECT county_sight())) THEN true ELSE false END)',
                       guarded || '_of_the_county', guarded);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO market_app', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY[
        'sheet_files', 'claims', 'cycle_events', 'cycle_duties', 'case_snapshots', 'runs', 'run_lines',
        'cycle_approvals', 'finding_decisions', 'subsidy_postings', 'settlements']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       guarded || '_stay', guarded);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       guarded || '_stay_all', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY[
        'persons', 'household_standings', 'memberships', 'programmes', 'budgets', 'enrolments', 'cycles', 'findings',
        'finding_lines']
    LOOP
        EXECUTE format('GRANT UPDATE ON %I TO market_app', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['programme_sentences', 'programme_terms', 'plans', 'bindings']
    LOOP
        EXECUTE format('GRANT DELETE ON %I TO market_app', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['finding_lines']
    LOOP
        EXECUTE format('GRANT DELETE ON %I TO market_app', guarded);
    END LOOP;
END
$$;
