-- 扣回和追缴: money of settled months that is to come back. An operator owes it: what a settlement was below zero, or what a decided
-- finding shows of settled lines. A household owes it only for fraud: proposed, decided by another person, delivered, and posted as
-- a receivable when the term of its appeal passed or the level above dismissed the appeal.
INSERT INTO payments.account_kinds (kind, floor_minor, keep_balance) VALUES
    ('receivable', NULL, false), ('clawback', NULL, false), ('recovered', NULL, false), ('setoff', NULL, false);

-- The level above the county, which decides no other cases yet. Rows have no such role so far.
ALTER TABLE case_categories DROP CONSTRAINT case_categories_path;
ALTER TABLE case_categories ADD CONSTRAINT case_categories_path CHECK (
    path <@ '{seller,operator,agronomist,village,township,county,finance,supervisor,platform}'::text[]
    AND cardinality(path) BETWEEN 1 AND 5) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE case_categories VALIDATE CONSTRAINT case_categories_path;
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('clawback_appeal', '[2015-01-01,)', '追缴申诉', '{supervisor}', '{day}', '{60}', 0,
     'issue 8: by a decision with appeal; the term is that of 行政复议法 62');
ALTER TABLE cases DROP CONSTRAINT cases_asker_known;
ALTER TABLE cases ADD CONSTRAINT cases_asker_known
    CHECK (asker_id IS NOT NULL OR category IN ('objection', 'clawback_appeal')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE cases VALIDATE CONSTRAINT cases_asker_known;

CREATE TABLE clawbacks (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    number           bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT clawbacks_number UNIQUE,
    county_code      text NOT NULL CONSTRAINT clawbacks_county CHECK (county_code ~ '^[0-9]{6}$'),
    debtor           text NOT NULL CONSTRAINT clawbacks_debtor CHECK (debtor IN ('operator', 'household')),
    operator         text CONSTRAINT clawbacks_operator REFERENCES operators,
    person_id        uuid CONSTRAINT clawbacks_person REFERENCES persons,
    household_code   text,
    village_code     text CONSTRAINT clawbacks_village CHECK (village_code ~ '^[0-9]{12}$' AND starts_with(village_code, county_code)),
    ground           text CONSTRAINT clawbacks_ground CHECK (ground IN ('false_facts', 'forged_papers', 'lent_identity', 'other_fraud')),
    cycle_id         uuid CONSTRAINT clawbacks_cycle REFERENCES cycles,
    finding_id       uuid CONSTRAINT clawbacks_finding REFERENCES findings,
    amount_fen       bigint NOT NULL CONSTRAINT clawbacks_amount CHECK (amount_fen > 0),
    reason_sealed    bytea,
    statement_sealed bytea,
    state            text NOT NULL CONSTRAINT clawbacks_state CHECK (state IN (
        'proposed', 'refused', 'decided', 'served', 'appealed', 'annulled', 'owed', 'cleared')),
    proposed_by      uuid NOT NULL CONSTRAINT clawbacks_proposer REFERENCES accounts,
    proposed_person  bytea NOT NULL,
    proposed_at      timestamptz NOT NULL,
    decided_by       uuid CONSTRAINT clawbacks_decider REFERENCES accounts,
    decided_person   bytea,
    decided_at       timestamptz,
    opinion_sealed   bytea,
    served_on        date,
    service          text CONSTRAINT clawbacks_service CHECK (service IN ('in_person', 'family', 'post')),
    served_by        uuid CONSTRAINT clawbacks_server REFERENCES accounts,
    appeal_until     date,
    posted_at        timestamptz,
    due_on           date,
    CONSTRAINT clawbacks_household FOREIGN KEY (county_code, household_code) REFERENCES households (county_code, code),
    -- One settlement below zero is one clawback; what a finding shows has its finding and a reason.
    CONSTRAINT clawbacks_origin CHECK ((cycle_id IS NULL) <> (finding_id IS NULL)
                                       AND (finding_id IS NULL) = (reason_sealed IS NULL)),
    CONSTRAINT clawbacks_once_a_settlement UNIQUE (cycle_id, operator),
    CONSTRAINT clawbacks_of_operator CHECK ((debtor = 'operator') = (operator IS NOT NULL)),
    -- A household owes nothing but for fraud, shown by a finding, and after it was heard.
    CONSTRAINT clawbacks_of_household CHECK (
        (debtor = 'household') = (person_id IS NOT NULL) AND (debtor = 'household') = (household_code IS NOT NULL)
        AND (debtor = 'household') = (village_code IS NOT NULL) AND (debtor = 'household') = (ground IS NOT NULL)
        AND (debtor = 'household') = (statement_sealed IS NOT NULL) AND (debtor = 'operator' OR finding_id IS NOT NULL)),
    CONSTRAINT clawbacks_decided CHECK (
        (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_person IS NULL)
        AND (state = 'proposed' OR decided_by IS NOT NULL OR cycle_id IS NOT NULL)),
    CONSTRAINT clawbacks_two_people CHECK (decided_person <> proposed_person AND decided_by <> proposed_by),
    CONSTRAINT clawbacks_served CHECK (
        (served_on IS NULL) = (service IS NULL) AND (served_on IS NULL) = (served_by IS NULL)
        AND (served_on IS NULL) = (appeal_until IS NULL) AND (served_on IS NULL OR debtor = 'household')
        AND appeal_until > served_on),
    CONSTRAINT clawbacks_posted CHECK (
        (posted_at IS NULL) = (due_on IS NULL) AND (state IN ('owed', 'cleared')) = (posted_at IS NOT NULL))
);
COMMENT ON COLUMN clawbacks.appeal_until IS 'The last day on which the household may appeal.';
CREATE INDEX clawbacks_by_county ON clawbacks (county_code, state);
CREATE INDEX clawbacks_by_person ON clawbacks (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX clawbacks_by_finding ON clawbacks (finding_id) WHERE finding_id IS NOT NULL;

-- What was settled of a line and a month, and comes back whole or in part; the public part alone.
CREATE TABLE clawback_items (
    clawback_id uuid NOT NULL CONSTRAINT clawback_items_clawback REFERENCES clawbacks,
    county_code text NOT NULL,
    line_code   text NOT NULL,
    for_month   date NOT NULL CONSTRAINT clawback_items_month CHECK (extract(day FROM for_month) = 1),
    fen         bigint NOT NULL CONSTRAINT clawback_items_fen CHECK (fen > 0),
    PRIMARY KEY (clawback_id, line_code, for_month)
);
CREATE INDEX clawback_items_by_line ON clawback_items (county_code, line_code, for_month);

-- What a clawback is recovered by: set off by a settlement (below zero: paid back by one), or repaid or written off, which finance
-- records and another person confirms; relieved is what a later adjustment took back of the same lines.
CREATE TABLE clawback_entries (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    clawback_id     uuid NOT NULL CONSTRAINT clawback_entries_clawback REFERENCES clawbacks,
    county_code     text NOT NULL,
    kind            text NOT NULL CONSTRAINT clawback_entries_kind CHECK (kind IN ('set_off', 'relieved', 'repaid', 'written_off')),
    fen             bigint NOT NULL,
    cycle_id        uuid CONSTRAINT clawback_entries_cycle REFERENCES cycles,
    paid_on         date,
    note_sealed     bytea,
    recorded_by     uuid NOT NULL CONSTRAINT clawback_entries_recorder REFERENCES accounts,
    recorded_person bytea NOT NULL,
    recorded_at     timestamptz NOT NULL,
    outcome         text CONSTRAINT clawback_entries_outcome CHECK (outcome IN ('confirmed', 'refused')),
    decided_by      uuid CONSTRAINT clawback_entries_decider REFERENCES accounts,
    decided_person  bytea,
    decided_at      timestamptz,
    CONSTRAINT clawback_entries_once_a_cycle UNIQUE (clawback_id, cycle_id, kind),
    CONSTRAINT clawback_entries_fen CHECK (fen > 0 OR (kind = 'set_off' AND fen < 0)),
    CONSTRAINT clawback_entries_origin CHECK (
        (cycle_id IS NOT NULL) = (kind IN ('set_off', 'relieved')) AND (paid_on IS NOT NULL) = (kind = 'repaid')
        AND (note_sealed IS NOT NULL) = (kind IN ('repaid', 'written_off'))),
    CONSTRAINT clawback_entries_decided CHECK (
        (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_person IS NULL)
        AND CASE WHEN cycle_id IS NULL THEN (outcome IS NULL) = (decided_by IS NULL)
                 ELSE outcome = 'confirmed' AND decided_by IS NULL END),
    CONSTRAINT clawback_entries_two_people CHECK (decided_person <> recorded_person AND decided_by <> recorded_by)
);
CREATE INDEX clawback_entries_by_clawback ON clawback_entries (clawback_id);

CREATE TABLE clawback_appeals (
    case_id     uuid PRIMARY KEY,
    category    text NOT NULL DEFAULT 'clawback_appeal' CONSTRAINT clawback_appeals_category CHECK (category = 'clawback_appeal'),
    clawback_id uuid NOT NULL CONSTRAINT clawback_appeals_once UNIQUE CONSTRAINT clawback_appeals_clawback REFERENCES clawbacks,
    CONSTRAINT clawback_appeals_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);

ALTER TABLE settlements ADD COLUMN set_off_fen bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN settlements.set_off_fen IS
    'What is withheld of pay_fen for clawbacks; a settlement below zero becomes one, so that what is transferred is never below zero.';
-- Settlements of before this revision may be below zero.
ALTER TABLE settlements ADD CONSTRAINT settlements_transfer CHECK (pay_fen - set_off_fen >= 0) NOT VALID;

ALTER TABLE clawbacks ENABLE ROW LEVEL SECURITY;
ALTER TABLE clawback_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE clawback_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE clawback_appeals ENABLE ROW LEVEL SECURITY;
CREATE POLICY clawback_items_visible_county ON clawback_items TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
CREATE POLICY clawback_entries_visible_county ON clawback_entries TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
CREATE POLICY clawback_appeals_visible ON clawback_appeals TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
-- Who decides or made an appeal sees what it is about.
CREATE POLICY clawbacks_visible ON clawbacks TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
                WHEN id IN (SELECT clawback_id FROM clawback_appeals) THEN true ELSE false END);
GRANT SELECT,
      INSERT (county_code, debtor, operator, person_id, household_code, village_code, ground, cycle_id, finding_id, amount_fen,
              reason_sealed, statement_sealed, state, proposed_by, proposed_at, posted_at, due_on),
      UPDATE (state, decided_by, decided_at, opinion_sealed, served_on, service, served_by, appeal_until, posted_at, due_on)
   ON clawbacks TO market_app;
GRANT SELECT, INSERT ON clawback_items TO market_app;
GRANT SELECT, INSERT (clawback_id, county_code, kind, fen, cycle_id, paid_on, note_sealed, recorded_by, recorded_at, outcome),
      UPDATE (outcome, decided_by, decided_at) ON clawback_entries TO market_app;
GRANT SELECT, INSERT (case_id, clawback_id) ON clawback_appeals TO market_app;
