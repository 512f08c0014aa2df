-- Subsidies: import files, the register, programmes, lines and claims.
-- Every table has the county code (six digits), so that row-level security needs no join and a county can be moved.

-- Return the county that the current transaction may read: '' for all, NULL for none. The scope of a township or
-- village is widened to its county here; queries narrow it.
CREATE FUNCTION get_visible_county() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE current_setting('market.scope', true)
    WHEN 'all' THEN ''
    WHEN '' THEN NULL
    ELSE left(current_setting('market.scope', true), 6)
END;

-- Format fen as yuan: 1950 is 19.50.
CREATE FUNCTION format_yuan(fen bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN fen < 0 THEN '-' ELSE '' END || abs(fen) / 100 || '.' || lpad((abs(fen) % 100)::text, 2, '0');

CREATE FUNCTION sum_array(parts integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(sum(part), 0) FROM unnest(parts) AS part);

-- Return the sum of signed shares by funder.
CREATE FUNCTION sum_shares(parts jsonb[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(jsonb_object_agg(funder, fen), '{}')
          FROM (SELECT key AS funder, sum(value::bigint)::bigint AS fen
                  FROM unnest(parts) AS part, jsonb_each_text(part) GROUP BY key) AS sums);

-- files ---------------------------------------------------------------------------------------------------------------

-- Imported files. Importing the same content under the same name again changes nothing. File names are unique, except
-- those of the register, programmes, plans and budget, which are updated under the same name.
CREATE TABLE import_files (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL CONSTRAINT import_files_county CHECK (county_code ~ '^[0-9]{6}$'),
    kind        text NOT NULL CONSTRAINT import_files_kind CHECK (kind IN (
        'register', 'programmes', 'plans', 'budget', 'enrolments', 'bindings', 'opening', 'billing', 'usage')),
    name        text NOT NULL CONSTRAINT import_files_name_length CHECK (length(name) BETWEEN 1 AND 200),
    sha256      text NOT NULL CONSTRAINT import_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    rows        integer NOT NULL CONSTRAINT import_files_rows CHECK (rows >= 0),
    operator    text,
    month       date CONSTRAINT import_files_month CHECK (extract(day FROM month) = 1),
    sum_fen     bigint,
    account_id  uuid NOT NULL CONSTRAINT import_files_account REFERENCES accounts,
    imported_at timestamptz NOT NULL,
    CONSTRAINT import_files_billing_complete CHECK (
        kind <> 'billing' OR (operator IS NOT NULL AND month IS NOT NULL AND sum_fen IS NOT NULL))
);
CREATE UNIQUE INDEX import_files_name_unique ON import_files (county_code, kind, name)
    WHERE kind IN ('billing', 'usage', 'enrolments', 'bindings', 'opening');
CREATE INDEX import_files_by_name ON import_files (county_code, kind, name, imported_at DESC);
CREATE UNIQUE INDEX import_files_billing_content_unique ON import_files (county_code, sha256) WHERE kind = 'billing';

-- the register --------------------------------------------------------------------------------------------------------

CREATE TABLE persons (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code     text NOT NULL,
    identity_index  bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed     bytea NOT NULL,
    born_on         date NOT NULL,
    sex             text NOT NULL CONSTRAINT persons_sex CHECK (sex IN ('男', '女')),
    died_on         date CONSTRAINT persons_death_after_birth CHECK (died_on >= born_on),
    death_known_at  timestamptz,
    CONSTRAINT persons_identity_unique UNIQUE (county_code, identity_index),
    CONSTRAINT persons_death_complete CHECK ((died_on IS NULL) = (death_known_at IS NULL))
);

CREATE TABLE households (
    county_code text NOT NULL,
    code        text NOT NULL CONSTRAINT households_code_length CHECK (length(code) BETWEEN 1 AND 40),
    split_from  text CONSTRAINT households_split_from_another CHECK (split_from <> code),
    CONSTRAINT households_code PRIMARY KEY (county_code, code),
    CONSTRAINT households_split_from FOREIGN KEY (county_code, split_from) REFERENCES households
);

-- Three facts instead of one category: registered, monitored, risk removed.
CREATE TABLE household_statuses (
    county_code     text NOT NULL,
    household_code  text NOT NULL,
    valid_during    daterange NOT NULL CONSTRAINT household_statuses_period_not_empty CHECK (NOT isempty(valid_during)),
    village_code    text NOT NULL CONSTRAINT household_statuses_village REFERENCES divisions,
    village_name    text NOT NULL,
    registered      boolean NOT NULL,
    monitoring      text NOT NULL DEFAULT '',
    risk_removed_on date,
    tier            smallint NOT NULL CONSTRAINT household_statuses_tier CHECK (tier >= 1),
    CONSTRAINT household_statuses_household FOREIGN KEY (county_code, household_code) REFERENCES households,
    CONSTRAINT household_statuses_village_of_county CHECK (left(village_code, 6) = county_code),
    CONSTRAINT household_statuses_one_per_day PRIMARY KEY (county_code, household_code, valid_during WITHOUT OVERLAPS)
);
-- The temporal key is a GiST index; a B-tree looks a household up five times faster.
CREATE INDEX household_statuses_by_household ON household_statuses (county_code, household_code);

CREATE TABLE memberships (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code    text NOT NULL,
    person_id      uuid NOT NULL CONSTRAINT memberships_person REFERENCES persons,
    household_code text NOT NULL,
    member_number  smallint NOT NULL CONSTRAINT memberships_member_number CHECK (member_number >= 1),
    relation       text NOT NULL,
    valid_during   daterange NOT NULL CONSTRAINT memberships_period_not_empty CHECK (NOT isempty(valid_during)),
    leave_reason   text NOT NULL DEFAULT '',
    CONSTRAINT memberships_household FOREIGN KEY (county_code, household_code) REFERENCES households,
    CONSTRAINT memberships_one_household_per_day UNIQUE (person_id, valid_during WITHOUT OVERLAPS)
);
CREATE INDEX memberships_by_household ON memberships (county_code, household_code);

-- programmes, plans, budgets ------------------------------------------------------------------------------------------

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
    CONSTRAINT programmes_idle_complete CHECK ((idle_days IS NULL) = (cure_days IS NULL))
);

-- The sources of a programme's figures: a quote, with the text before and after it in the document.
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
    CONSTRAINT programme_sentences_unique PRIMARY KEY (county_code, programme_code, position),
    CONSTRAINT programme_sentences_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes
);

CREATE TABLE programme_terms (
    county_code       text NOT NULL,
    programme_code    text NOT NULL,
    valid_during      daterange NOT NULL CONSTRAINT programme_terms_period_not_empty CHECK (NOT isempty(valid_during)),
    kind              text NOT NULL CONSTRAINT programme_terms_kind CHECK (kind IN ('percent_off', 'fixed')),
    household_pays_bp integer CONSTRAINT programme_terms_pays CHECK (household_pays_bp BETWEEN 0 AND 10000),
    fixed_fen         bigint CONSTRAINT programme_terms_fixed CHECK (fixed_fen BETWEEN 0 AND 1000000000000),
    line_cap_fen      bigint CONSTRAINT programme_terms_line_cap CHECK (line_cap_fen BETWEEN 0 AND 1000000000000),
    household_cap_fen bigint CONSTRAINT programme_terms_household_cap CHECK (
        household_cap_fen BETWEEN 0 AND 1000000000000),
    funders           text[] NOT NULL CONSTRAINT programme_terms_funders CHECK (
        funders <@ ARRAY['operator', 'county', 'prefecture', 'province', 'central', 'other']),
    shares_bp         integer[] NOT NULL CONSTRAINT programme_terms_shares_complete CHECK (
        sum_array(shares_bp) = 10000 AND 0 <= ALL (shares_bp) AND cardinality(shares_bp) = cardinality(funders)),
    CONSTRAINT programme_terms_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes,
    CONSTRAINT programme_terms_one_per_day PRIMARY KEY (county_code, programme_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT programme_terms_parameter CHECK (
        CASE kind WHEN 'percent_off' THEN household_pays_bp IS NOT NULL AND fixed_fen IS NULL
                  ELSE fixed_fen IS NOT NULL AND household_pays_bp IS NULL END)
);

-- One row per service of a plan; the services of a bundle share its charge.
CREATE TABLE plans (
    county_code  text NOT NULL CONSTRAINT plans_county CHECK (county_code ~ '^[0-9]{6}$'),
    code         text NOT NULL,
    kind         text NOT NULL CONSTRAINT plans_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    operator     text NOT NULL CONSTRAINT plans_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    name         text NOT NULL,
    plan_fen     bigint NOT NULL CONSTRAINT plans_charge CHECK (plan_fen BETWEEN 0 AND 1000000000000),
    monthly_fen  bigint NOT NULL CONSTRAINT plans_monthly_at_most_plan CHECK (monthly_fen BETWEEN 0 AND plan_fen),
    market_fen   bigint CONSTRAINT plans_market CHECK (market_fen >= 0),
    weights      text NOT NULL DEFAULT '',
    basis        text NOT NULL DEFAULT '',
    valid_during daterange NOT NULL CONSTRAINT plans_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT plans_one_charge_per_day PRIMARY KEY (county_code, code, kind, valid_during WITHOUT OVERLAPS)
);

CREATE TABLE budgets (
    county_code text NOT NULL CONSTRAINT budgets_county CHECK (county_code ~ '^[0-9]{6}$'),
    month       date NOT NULL CONSTRAINT budgets_month CHECK (extract(day FROM month) = 1),
    public_fen  bigint NOT NULL CONSTRAINT budgets_public CHECK (public_fen BETWEEN 0 AND 1000000000000),
    CONSTRAINT budgets_unique PRIMARY KEY (county_code, month)
);

-- lines, bindings, enrolments, use ------------------------------------------------------------------------------------

CREATE TABLE lines (
    county_code text NOT NULL CONSTRAINT lines_county CHECK (county_code ~ '^[0-9]{6}$'),
    code        text NOT NULL CONSTRAINT lines_code_length CHECK (length(code) BETWEEN 1 AND 40),
    operator    text NOT NULL CONSTRAINT lines_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    kind        text NOT NULL CONSTRAINT lines_kind CHECK (kind IN ('mobile', 'broadband', 'television')),
    CONSTRAINT lines_code PRIMARY KEY (county_code, code),
    CONSTRAINT lines_code_operator_kind UNIQUE (county_code, code, operator, kind)
);

-- The person, device, SIM and number of a line by period. On any day a number or SIM belongs to one line across all
-- counties, and a line has one device. A device with several SIMs is a finding of a worksheet, not an error.
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
    valid_during   daterange NOT NULL CONSTRAINT bindings_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT bindings_line FOREIGN KEY (county_code, line_code, operator, kind)
        REFERENCES lines (county_code, code, operator, kind),
    CONSTRAINT bindings_one_per_line_and_day PRIMARY KEY (county_code, line_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT bindings_one_line_per_number_and_day UNIQUE (number_key, valid_during WITHOUT OVERLAPS),
    CONSTRAINT bindings_one_line_per_sim_and_day UNIQUE (sim, valid_during WITHOUT OVERLAPS)
);
CREATE INDEX bindings_by_operator_number ON bindings (county_code, operator, number);
CREATE INDEX bindings_by_number ON bindings (number);
CREATE INDEX bindings_by_identity ON bindings (county_code, identity_index);

-- Applications and their outcomes. `notice` is the period of the public notice, both days included.
CREATE TABLE enrolments (
    county_code    text NOT NULL CONSTRAINT enrolments_county CHECK (county_code ~ '^[0-9]{6}$'),
    line_code      text NOT NULL CONSTRAINT enrolments_line_length CHECK (length(line_code) BETWEEN 1 AND 40),
    programme_code text NOT NULL,
    identity_index bytea NOT NULL,
    household_code text NOT NULL,
    applied_on     date NOT NULL,
    notice         daterange CONSTRAINT enrolments_notice_not_empty CHECK (NOT isempty(notice)),
    decided_on     date,
    entitled_from  date,
    status         text NOT NULL CONSTRAINT enrolments_status_length CHECK (length(status) BETWEEN 1 AND 20),
    decided        boolean GENERATED ALWAYS AS (status = '已审定') STORED NOT NULL,
    agent          text NOT NULL DEFAULT '',
    assessor       text NOT NULL DEFAULT '',
    CONSTRAINT enrolments_one_per_line PRIMARY KEY (county_code, line_code),
    CONSTRAINT enrolments_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes,
    CONSTRAINT enrolments_decision_complete CHECK (
        status <> '已审定' OR (decided_on IS NOT NULL AND entitled_from IS NOT NULL AND decided_on >= applied_on))
);
CREATE INDEX enrolments_by_identity ON enrolments (county_code, identity_index);

CREATE TABLE usage_days (
    county_code text NOT NULL CONSTRAINT usage_days_county CHECK (county_code ~ '^[0-9]{6}$'),
    operator    text NOT NULL CONSTRAINT usage_days_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    number      text NOT NULL,
    used_on     date NOT NULL,
    CONSTRAINT usage_days_unique PRIMARY KEY (county_code, operator, number, used_on)
);

-- The amounts settled before this system was introduced, one sum per line.
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
    CONSTRAINT openings_unique PRIMARY KEY (county_code, line_code)
);

-- claims --------------------------------------------------------------------------------------------------------------

-- The rows of the operators' monthly files. A correction is signed and names the earlier month that it corrects.
CREATE TABLE claims (
    file_id        uuid NOT NULL CONSTRAINT claims_file REFERENCES import_files,
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
    corrects_month date CONSTRAINT claims_corrected_month_earlier CHECK (
        extract(day FROM corrects_month) = 1 AND corrects_month < month),
    CONSTRAINT claims_row_unique PRIMARY KEY (file_id, row_number),
    CONSTRAINT claims_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes,
    CONSTRAINT claims_add_up CHECK (charge_fen = reduction_fen + billed_fen),
    CONSTRAINT claims_not_negative CHECK (
        corrects_month IS NOT NULL OR (charge_fen >= 0 AND reduction_fen >= 0 AND billed_fen >= 0))
);
CREATE UNIQUE INDEX claims_one_per_number_and_month ON claims (county_code, operator, number, month)
    WHERE corrects_month IS NULL;
CREATE INDEX claims_by_month ON claims (county_code, month);
CREATE INDEX claims_by_corrected_month ON claims (county_code, corrects_month) WHERE corrects_month IS NOT NULL;
