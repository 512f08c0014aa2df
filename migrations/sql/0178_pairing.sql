-- Package: coverage.
-- Who pays for a project, if it is not the operator: what a company invests in a village is counted from here.
ALTER TABLE coverage_projects ADD COLUMN funded_by uuid CONSTRAINT coverage_projects_funder REFERENCES organisations;
CREATE INDEX coverage_projects_by_funder ON coverage_projects (funded_by) WHERE funded_by IS NOT NULL;
GRANT INSERT (funded_by) ON coverage_projects TO market_app;

-- Package: pairing.
-- 结对: an organisation and a village for a term, which another person agrees to. What was done is counted, not kept here.
CREATE TABLE pairings (
    id              uuid DEFAULT uuidv7() PRIMARY KEY,
    number          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pairings_number UNIQUE,
    organisation_id uuid NOT NULL CONSTRAINT pairings_organisation REFERENCES organisations,
    village_code    text NOT NULL,
    county_code     text NOT NULL GENERATED ALWAYS AS ("left"(village_code, 6)) STORED,
    valid_during    daterange NOT NULL CONSTRAINT pairings_term CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)
        AND upper(valid_during) - lower(valid_during) <= 3654),
    proposed_by     uuid NOT NULL CONSTRAINT pairings_proposer REFERENCES accounts,
    proposed_at     timestamptz NOT NULL,
    agreed_by       uuid CONSTRAINT pairings_agreer REFERENCES accounts,
    agreed_at       timestamptz,
    CONSTRAINT pairings_agreed CHECK ((agreed_by IS NULL) = (agreed_at IS NULL)),
    CONSTRAINT pairings_two_people CHECK (agreed_by <> proposed_by),
    CONSTRAINT pairings_of_term UNIQUE (id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT pairings_once UNIQUE (organisation_id, village_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT pairings_village FOREIGN KEY (village_code, PERIOD valid_during)
        REFERENCES village_periods (code, PERIOD valid_during)
);
CREATE INDEX pairings_by_village ON pairings (village_code);
CREATE INDEX pairings_by_county ON pairings (county_code);
CREATE INDEX pairings_by_proposer ON pairings (proposed_by);
CREATE INDEX pairings_by_agreer ON pairings (agreed_by) WHERE agreed_by IS NOT NULL;
CREATE TRIGGER pairings_fit BEFORE INSERT OR UPDATE ON pairings FOR EACH ROW EXECUTE FUNCTION check_pairing();
ALTER TABLE pairings ENABLE ROW LEVEL SECURITY;
CREATE POLICY pairings_visible ON pairings TO market_app USING (
    CASE WHEN agreed_at IS NOT NULL THEN true
         WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
         WHEN organisation_id IN (SELECT organisation_id FROM organisation_members
                                   WHERE account_id = (SELECT get_visible_person())) THEN true
         ELSE false END);
GRANT SELECT, INSERT (organisation_id, village_code, valid_during, proposed_by, proposed_at),
    UPDATE (valid_during, agreed_by, agreed_at), DELETE ON pairings TO market_app;

-- What was promised, inside the term of its pairing, one of a kind at a time. Fen of what is bought or invested, else heads.
CREATE TABLE pledges (
    pairing_id   uuid NOT NULL,
    kind         text NOT NULL CONSTRAINT pledges_kind CHECK (kind IN ('buy', 'teach', 'invest', 'hire')),
    target       bigint NOT NULL CONSTRAINT pledges_target CHECK (target BETWEEN 1 AND 1000000000000),
    valid_during daterange NOT NULL CONSTRAINT pledges_term CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)),
    CONSTRAINT pledges_pkey PRIMARY KEY (pairing_id, kind, valid_during WITHOUT OVERLAPS),
    CONSTRAINT pledges_of_pairing FOREIGN KEY (pairing_id, PERIOD valid_during)
        REFERENCES pairings (id, PERIOD valid_during)
);
CREATE TRIGGER pledges_stay BEFORE INSERT OR UPDATE OR DELETE ON pledges
    FOR EACH ROW EXECUTE FUNCTION check_pledge();
ALTER TABLE pledges ENABLE ROW LEVEL SECURITY;
CREATE POLICY pledges_visible ON pledges TO market_app USING (EXISTS (SELECT FROM pairings WHERE pairings.id = pairing_id));
GRANT SELECT, INSERT, UPDATE (valid_during), DELETE ON pledges TO market_app;

-- The accounts that buy for an organisation: a member says so of the own account, for orders from that day on.
CREATE TABLE company_accounts (
    organisation_id uuid NOT NULL,
    account_id      uuid NOT NULL,
    valid_during    daterange NOT NULL CONSTRAINT company_accounts_period CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during)),
    CONSTRAINT company_accounts_pkey PRIMARY KEY (account_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT company_accounts_member FOREIGN KEY (organisation_id, account_id)
        REFERENCES organisation_members (organisation_id, account_id)
);
CREATE INDEX company_accounts_by_member ON company_accounts (organisation_id, account_id);
GRANT SELECT, INSERT, UPDATE (valid_during), DELETE ON company_accounts TO market_app;

-- The yearly statement of a pairing, as it was counted on that day; it does not change.
CREATE TABLE pairing_statements (
    pairing_id uuid NOT NULL CONSTRAINT pairing_statements_pairing REFERENCES pairings,
    year       smallint NOT NULL CONSTRAINT pairing_statements_year CHECK (year BETWEEN 2000 AND 2100),
    stated_by  uuid NOT NULL CONSTRAINT pairing_statements_author REFERENCES accounts,
    stated_at  timestamptz NOT NULL,
    CONSTRAINT pairing_statements_pkey PRIMARY KEY (pairing_id, year)
);
CREATE INDEX pairing_statements_by_author ON pairing_statements (stated_by);
CREATE TABLE pairing_statement_lines (
    pairing_id uuid NOT NULL,
    year       smallint NOT NULL,
    kind       text NOT NULL CONSTRAINT pairing_statement_lines_kind CHECK (kind IN ('buy', 'teach', 'invest', 'hire')),
    counted    daterange NOT NULL,
    target     bigint NOT NULL,
    done       bigint NOT NULL CONSTRAINT pairing_statement_lines_done CHECK (done >= 0),
    CONSTRAINT pairing_statement_lines_pkey PRIMARY KEY (pairing_id, year, kind, counted),
    CONSTRAINT pairing_statement_lines_statement FOREIGN KEY (pairing_id, year) REFERENCES pairing_statements
);
COMMENT ON COLUMN pairing_statement_lines.target IS 'Of the whole term of the pledge, of which the days of the year were counted.';
CREATE TABLE pairing_statement_items (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pairing_id uuid NOT NULL,
    year       smallint NOT NULL,
    kind       text NOT NULL,
    on_day     date NOT NULL,
    what       text NOT NULL,
    amount     bigint NOT NULL CONSTRAINT pairing_statement_items_amount CHECK (amount >= 0),
    CONSTRAINT pairing_statement_items_statement FOREIGN KEY (pairing_id, year) REFERENCES pairing_statements
);
CREATE INDEX pairing_statement_items_by_statement ON pairing_statement_items (pairing_id, year);
CREATE CONSTRAINT TRIGGER pairing_statements_sum_up AFTER INSERT ON pairing_statements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_pairing_statement();
ALTER TABLE pairing_statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE pairing_statement_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE pairing_statement_items ENABLE ROW LEVEL SECURITY;
-- That a year was stated is public with its pairing; what was counted is the organisation's and its county's.
CREATE POLICY pairing_statements_visible ON pairing_statements TO market_app
    USING (EXISTS (SELECT FROM pairings WHERE pairings.id = pairing_id));
GRANT SELECT, INSERT ON pairing_statements, pairing_statement_lines TO market_app;
GRANT SELECT, INSERT (pairing_id, year, kind, on_day, what, amount) ON pairing_statement_items TO market_app;
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['pairing_statements', 'pairing_statement_lines', 'pairing_statement_items'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       table_name || '_append_only', table_name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       table_name || '_no_truncate', table_name);
    END LOOP;
END
$$;
