-- 结对: an organisation and a village for a term, which another person agrees to. What was done is counted, not kept
-- here.
CREATE TABLE pairings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    organisation_id uuid NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    valid_during daterange NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    agreed_by uuid,
    agreed_at timestamptz,
    CONSTRAINT pairings_agreed CHECK ((agreed_by IS NULL) = (agreed_at IS NULL)),
    CONSTRAINT pairings_term CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during)) AND ((upper(valid_during) - lower(valid_during)) <= 3654)),
    CONSTRAINT pairings_two_people CHECK (agreed_by <> proposed_by),
    CONSTRAINT pairings_number UNIQUE (number),
    CONSTRAINT pairings_of_term UNIQUE (id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT pairings_once UNIQUE (organisation_id, village_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT pairings_agreer FOREIGN KEY (agreed_by) REFERENCES accounts(id),
    CONSTRAINT pairings_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT pairings_proposer FOREIGN KEY (proposed_by) REFERENCES accounts(id),
    CONSTRAINT pairings_village FOREIGN KEY (village_code, PERIOD valid_during)
        REFERENCES village_periods(code, PERIOD valid_during)
);
CREATE INDEX pairings_by_agreer ON pairings (agreed_by) WHERE (agreed_by IS NOT NULL);
CREATE INDEX pairings_by_county ON pairings (county_code);
CREATE INDEX pairings_by_proposer ON pairings (proposed_by);
CREATE INDEX pairings_by_village ON pairings (village_code);
CREATE TRIGGER pairings_fit BEFORE INSERT OR UPDATE ON pairings FOR EACH ROW EXECUTE FUNCTION check_pairing();
ALTER TABLE pairings ENABLE ROW LEVEL SECURITY;
CREATE POLICY pairings_visible ON pairings TO market_app
    USING (CASE WHEN (agreed_at IS NOT NULL) THEN true WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true WHEN (organisation_id IN (SELECT organisation_members.organisation_id
        FROM organisation_members WHERE (organisation_members.account_id = (SELECT get_visible_person())))) THEN true
        ELSE false END);
GRANT SELECT, DELETE, INSERT (organisation_id, village_code, valid_during, proposed_by, proposed_at),
    UPDATE (valid_during, agreed_by, agreed_at) ON pairings TO market_app;

-- The accounts that buy for an organisation: a member says so of the own account, for orders from that day on.
CREATE TABLE company_accounts (
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT company_accounts_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    PRIMARY KEY (account_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT company_accounts_member FOREIGN KEY (organisation_id, account_id)
        REFERENCES organisation_members(organisation_id, account_id)
);
CREATE INDEX company_accounts_by_member ON company_accounts (organisation_id, account_id);
GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON company_accounts TO market_app;

-- The yearly statement of a pairing, as it was counted on that day; it does not change.
CREATE TABLE pairing_statements (
    pairing_id uuid NOT NULL,
    year smallint NOT NULL,
    stated_by uuid NOT NULL,
    stated_at timestamptz NOT NULL,
    CONSTRAINT pairing_statements_year CHECK (year BETWEEN 2000 AND 2100),
    PRIMARY KEY (pairing_id, year),
    CONSTRAINT pairing_statements_author FOREIGN KEY (stated_by) REFERENCES accounts(id),
    CONSTRAINT pairing_statements_pairing FOREIGN KEY (pairing_id) REFERENCES pairings(id)
);
CREATE INDEX pairing_statements_by_author ON pairing_statements (stated_by);
CREATE TRIGGER pairing_statements_append_only BEFORE DELETE OR UPDATE ON pairing_statements FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pairing_statements_no_truncate BEFORE TRUNCATE ON pairing_statements FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER pairing_statements_sum_up AFTER INSERT ON pairing_statements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_pairing_statement();
ALTER TABLE pairing_statements ENABLE ROW LEVEL SECURITY;
-- That a year was stated is public with its pairing; what was counted is the organisation's and its county's.
CREATE POLICY pairing_statements_visible ON pairing_statements TO market_app USING ((EXISTS (SELECT FROM pairings
    WHERE (pairings.id = pairing_statements.pairing_id))));
GRANT SELECT, INSERT ON pairing_statements TO market_app;

CREATE TABLE pairing_statement_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pairing_id uuid NOT NULL,
    year smallint NOT NULL,
    kind text NOT NULL,
    on_day date NOT NULL,
    what text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT pairing_statement_items_amount CHECK (amount >= 0),
    CONSTRAINT pairing_statement_items_statement FOREIGN KEY (pairing_id, year)
        REFERENCES pairing_statements(pairing_id, year)
);
CREATE INDEX pairing_statement_items_by_statement ON pairing_statement_items (pairing_id, year);
CREATE TRIGGER pairing_statement_items_append_only BEFORE DELETE OR UPDATE ON pairing_statement_items FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pairing_statement_items_no_truncate BEFORE TRUNCATE ON pairing_statement_items FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE pairing_statement_items ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (pairing_id, year, kind, on_day, what, amount) ON pairing_statement_items TO market_app;

CREATE TABLE pairing_statement_lines (
    pairing_id uuid NOT NULL,
    year smallint NOT NULL,
    kind text NOT NULL,
    counted daterange NOT NULL,
    target bigint NOT NULL,
    done bigint NOT NULL,
    CONSTRAINT pairing_statement_lines_done CHECK (done >= 0),
    CONSTRAINT pairing_statement_lines_kind CHECK (kind IN ('buy', 'teach', 'invest', 'hire')),
    PRIMARY KEY (pairing_id, year, kind, counted),
    CONSTRAINT pairing_statement_lines_statement FOREIGN KEY (pairing_id, year)
        REFERENCES pairing_statements(pairing_id, year)
);
CREATE TRIGGER pairing_statement_lines_append_only BEFORE DELETE OR UPDATE ON pairing_statement_lines FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pairing_statement_lines_no_truncate BEFORE TRUNCATE ON pairing_statement_lines FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE pairing_statement_lines ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON pairing_statement_lines TO market_app;
COMMENT ON COLUMN pairing_statement_lines.target IS 'Of the whole term of the pledge, of which the days of the year were counted.';

-- What was promised, inside the term of its pairing, one of a kind at a time. Fen of what is bought or invested, else
-- heads.
CREATE TABLE pledges (
    pairing_id uuid NOT NULL,
    kind text NOT NULL,
    target bigint NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT pledges_kind CHECK (kind IN ('buy', 'teach', 'invest', 'hire')),
    CONSTRAINT pledges_target CHECK (target BETWEEN 1 AND '1000000000000'::bigint),
    CONSTRAINT pledges_term CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during))),
    PRIMARY KEY (pairing_id, kind, valid_during WITHOUT OVERLAPS),
    CONSTRAINT pledges_of_pairing FOREIGN KEY (pairing_id, PERIOD valid_during)
        REFERENCES pairings(id, PERIOD valid_during)
);
CREATE TRIGGER pledges_stay BEFORE INSERT OR DELETE OR UPDATE ON pledges FOR EACH ROW EXECUTE FUNCTION check_pledge();
ALTER TABLE pledges ENABLE ROW LEVEL SECURITY;
CREATE POLICY pledges_visible ON pledges TO market_app USING ((EXISTS (SELECT FROM pairings
    WHERE (pairings.id = pledges.pairing_id))));
GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON pledges TO market_app;
