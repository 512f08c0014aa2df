CREATE TABLE clawbacks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    county_code text NOT NULL,
    debtor text NOT NULL,
    operator text,
    person_id uuid,
    household_code text,
    village_code text,
    ground text,
    cycle_id uuid,
    finding_id uuid,
    amount_fen bigint NOT NULL,
    reason_sealed bytea,
    statement_sealed bytea,
    state text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_person bytea NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamptz,
    opinion_sealed bytea,
    served_on date,
    service text,
    served_by uuid,
    appeal_until date,
    posted_at timestamptz,
    due_on date,
    CONSTRAINT clawbacks_amount CHECK (amount_fen > 0),
    CONSTRAINT clawbacks_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT clawbacks_debtor CHECK (debtor IN ('operator', 'household')),
    CONSTRAINT clawbacks_decided CHECK (((decided_by IS NULL) = (decided_at IS NULL))
        AND ((decided_by IS NULL) = (decided_person IS NULL)) AND ((state = 'proposed') OR (decided_by IS NOT NULL)
        OR (cycle_id IS NOT NULL))),
    CONSTRAINT clawbacks_ground CHECK (ground IN ('false_facts', 'forged_papers', 'lent_identity', 'other_fraud')),
    -- A household owes nothing but for fraud, shown by a finding, and after it was heard.
    CONSTRAINT clawbacks_of_household CHECK (((debtor = 'household') = (person_id IS NOT NULL))
        AND ((debtor = 'household') = (household_code IS NOT NULL))
        AND ((debtor = 'household') = (village_code IS NOT NULL)) AND ((debtor = 'household') = (ground IS NOT NULL))
        AND ((debtor = 'household') = (statement_sealed IS NOT NULL)) AND ((debtor = 'operator')
        OR (finding_id IS NOT NULL))),
    CONSTRAINT clawbacks_of_operator CHECK ((debtor = 'operator') = (operator IS NOT NULL)),
    -- One settlement below zero is one clawback; what a finding shows has its finding and a reason.
    CONSTRAINT clawbacks_origin CHECK (((cycle_id IS NULL) <> (finding_id IS NULL))
        AND ((finding_id IS NULL) = (reason_sealed IS NULL))),
    CONSTRAINT clawbacks_posted CHECK (((posted_at IS NULL) = (due_on IS NULL))
        AND ((state IN ('owed', 'cleared')) = (posted_at IS NOT NULL))),
    CONSTRAINT clawbacks_served CHECK (((served_on IS NULL) = (service IS NULL))
        AND ((served_on IS NULL) = (served_by IS NULL)) AND ((served_on IS NULL) = (appeal_until IS NULL))
        AND ((served_on IS NULL) OR (debtor = 'household')) AND (appeal_until > served_on)),
    CONSTRAINT clawbacks_service CHECK (service IN ('in_person', 'family', 'post')),
    CONSTRAINT clawbacks_state
        CHECK (state IN ('proposed', 'refused', 'decided', 'served', 'appealed', 'annulled', 'owed', 'cleared')),
    CONSTRAINT clawbacks_two_people CHECK ((decided_person <> proposed_person) AND (decided_by <> proposed_by)),
    CONSTRAINT clawbacks_village CHECK ((village_code ~ '^[0-9]{12}$') AND starts_with(village_code, county_code)),
    CONSTRAINT clawbacks_number UNIQUE (number),
    CONSTRAINT clawbacks_once_a_settlement UNIQUE (cycle_id, operator),
    CONSTRAINT clawbacks_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT clawbacks_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT clawbacks_finding FOREIGN KEY (finding_id) REFERENCES findings(id),
    CONSTRAINT clawbacks_household FOREIGN KEY (county_code, household_code) REFERENCES households(county_code, code),
    CONSTRAINT clawbacks_operator FOREIGN KEY (operator) REFERENCES operators(code),
    CONSTRAINT clawbacks_person FOREIGN KEY (person_id) REFERENCES persons(id),
    CONSTRAINT clawbacks_proposer FOREIGN KEY (proposed_by) REFERENCES accounts(id),
    CONSTRAINT clawbacks_server FOREIGN KEY (served_by) REFERENCES accounts(id)
);
CREATE INDEX clawbacks_by_county ON clawbacks (county_code, state);
CREATE INDEX clawbacks_by_finding ON clawbacks (finding_id) WHERE (finding_id IS NOT NULL);
CREATE INDEX clawbacks_by_person ON clawbacks (person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX clawbacks_served ON clawbacks (appeal_until, id) WHERE (state = 'served');
CREATE CONSTRAINT TRIGGER clawbacks_add_up AFTER INSERT OR UPDATE ON clawbacks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_clawback_sums();
CREATE TRIGGER clawbacks_append_only BEFORE DELETE ON clawbacks FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- After the functions, which know the rows of the tables.
CREATE TRIGGER clawbacks_moves BEFORE INSERT OR UPDATE ON clawbacks FOR EACH ROW EXECUTE FUNCTION check_clawback();
CREATE TRIGGER clawbacks_no_truncate BEFORE TRUNCATE ON clawbacks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE clawbacks ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (county_code, debtor, operator, person_id, household_code, village_code, ground, cycle_id,
    finding_id, amount_fen, reason_sealed, statement_sealed, state, proposed_by, proposed_at, posted_at, due_on),
    UPDATE (state, decided_by, decided_at, opinion_sealed, served_on, service, served_by, appeal_until, posted_at,
    due_on) ON clawbacks TO market_app;
COMMENT ON COLUMN clawbacks.appeal_until IS 'The last day on which the household may appeal.';

CREATE TABLE clawback_appeals (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'clawback_appeal',
    clawback_id uuid NOT NULL,
    CONSTRAINT clawback_appeals_category CHECK (category = 'clawback_appeal'),
    CONSTRAINT clawback_appeals_once UNIQUE (clawback_id),
    CONSTRAINT clawback_appeals_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT clawback_appeals_clawback FOREIGN KEY (clawback_id) REFERENCES clawbacks(id)
);
CREATE TRIGGER clawback_appeals_append_only BEFORE DELETE OR UPDATE ON clawback_appeals FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_appeals_no_truncate BEFORE TRUNCATE ON clawback_appeals FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_appeals_term BEFORE INSERT ON clawback_appeals FOR EACH ROW
    EXECUTE FUNCTION check_clawback_appeal();
ALTER TABLE clawback_appeals ENABLE ROW LEVEL SECURITY;
CREATE POLICY clawback_appeals_visible ON clawback_appeals TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = clawback_appeals.case_id))));
GRANT SELECT, INSERT (case_id, clawback_id) ON clawback_appeals TO market_app;

-- What a clawback is recovered by: set off by a settlement (below zero: paid back by one), or repaid or written off,
-- which finance records and another person confirms; relieved is what a later adjustment took back of the same lines.
CREATE TABLE clawback_entries (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    clawback_id uuid NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    fen bigint NOT NULL,
    cycle_id uuid,
    paid_on date,
    note_sealed bytea,
    recorded_by uuid NOT NULL,
    recorded_person bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamptz,
    CONSTRAINT clawback_entries_decided CHECK (((decided_by IS NULL) = (decided_at IS NULL))
        AND ((decided_by IS NULL) = (decided_person IS NULL)) AND
CASE
    WHEN (cycle_id IS NULL) THEN ((outcome IS NULL) = (decided_by IS NULL))
    ELSE ((outcome = 'confirmed') AND (decided_by IS NULL))
END),
    CONSTRAINT clawback_entries_fen CHECK ((fen > 0) OR ((kind = 'set_off') AND (fen < 0))),
    CONSTRAINT clawback_entries_kind CHECK (kind IN ('set_off', 'relieved', 'repaid', 'written_off')),
    CONSTRAINT clawback_entries_origin CHECK (((cycle_id IS NOT NULL) = (kind IN ('set_off', 'relieved')))
        AND ((paid_on IS NOT NULL) = (kind = 'repaid'))
        AND ((note_sealed IS NOT NULL) = (kind IN ('repaid', 'written_off')))),
    CONSTRAINT clawback_entries_outcome CHECK (outcome IN ('confirmed', 'refused')),
    CONSTRAINT clawback_entries_two_people CHECK ((decided_person <> recorded_person)
        AND (decided_by <> recorded_by)),
    CONSTRAINT clawback_entries_once_a_cycle UNIQUE (clawback_id, cycle_id, kind),
    CONSTRAINT clawback_entries_clawback FOREIGN KEY (clawback_id) REFERENCES clawbacks(id),
    CONSTRAINT clawback_entries_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT clawback_entries_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT clawback_entries_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
CREATE INDEX clawback_entries_by_clawback ON clawback_entries (clawback_id);
CREATE CONSTRAINT TRIGGER clawback_entries_add_up AFTER INSERT
    OR UPDATE ON clawback_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_clawback_sums();
CREATE TRIGGER clawback_entries_append_only BEFORE DELETE
    OR UPDATE OF id, clawback_id, county_code, kind, fen, cycle_id, paid_on, recorded_by,
    recorded_at ON clawback_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_entries_no_truncate BEFORE TRUNCATE ON clawback_entries FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_entries_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at ON clawback_entries
    FOR EACH ROW EXECUTE FUNCTION check_clawback_entry();
ALTER TABLE clawback_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY clawback_entries_visible_county ON clawback_entries TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (clawback_id, county_code, kind, fen, cycle_id, paid_on, note_sealed, recorded_by, recorded_at,
    outcome), UPDATE (outcome, decided_by, decided_at) ON clawback_entries TO market_app;

-- What was settled of a line and a month, and comes back whole or in part; the public part alone.
CREATE TABLE clawback_items (
    clawback_id uuid NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    for_month date NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT clawback_items_fen CHECK (fen > 0),
    CONSTRAINT clawback_items_month CHECK (EXTRACT(day FROM for_month) = (1)::numeric),
    PRIMARY KEY (clawback_id, line_code, for_month),
    CONSTRAINT clawback_items_clawback FOREIGN KEY (clawback_id) REFERENCES clawbacks(id)
);
CREATE INDEX clawback_items_by_line ON clawback_items (county_code, line_code, for_month);
CREATE CONSTRAINT TRIGGER clawback_items_add_up AFTER INSERT ON clawback_items DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_clawback_sums();
CREATE TRIGGER clawback_items_append_only BEFORE DELETE OR UPDATE ON clawback_items FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_items_no_truncate BEFORE TRUNCATE ON clawback_items FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_items_settled BEFORE INSERT ON clawback_items FOR EACH ROW
    EXECUTE FUNCTION check_clawback_item();
ALTER TABLE clawback_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY clawback_items_visible_county ON clawback_items TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON clawback_items TO market_app;
