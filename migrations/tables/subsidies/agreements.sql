-- 优惠协议: an operator's contract with the county, with its rate, validity and document; proposed by one person and
-- approved by another. 标准的审定: a file of programmes or plans, approved by another person than who imported it.
CREATE TABLE agreements (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    valid_during daterange NOT NULL,
    document_name text NOT NULL,
    document_sha256 text NOT NULL,
    document_sealed bytea NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_person bytea NOT NULL,
    proposed_at timestamptz NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamptz,
    replaced_by uuid,
    CONSTRAINT agreements_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT agreements_decided CHECK (((outcome IS NOT NULL) = (decided_by IS NOT NULL))
        AND ((outcome IS NOT NULL) = (decided_person IS NOT NULL))
        AND ((outcome IS NOT NULL) = (decided_at IS NOT NULL))),
    CONSTRAINT agreements_document CHECK (length(document_name) BETWEEN 1 AND 200),
    CONSTRAINT agreements_name CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT agreements_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT agreements_outcome CHECK (outcome IN ('approved', 'refused')),
    CONSTRAINT agreements_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    CONSTRAINT agreements_sha256 CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT agreements_two_people CHECK ((decided_person <> proposed_person) AND (decided_by <> proposed_by)),
    -- An operator has one agreement a day; the next one ends the one before.
    CONSTRAINT agreements_one_a_day EXCLUDE USING gist (county_code WITH =, operator WITH =, valid_during WITH &&)
        WHERE ((outcome = 'approved')),
    CONSTRAINT agreements_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT agreements_proposer FOREIGN KEY (proposed_by) REFERENCES accounts(id),
    CONSTRAINT agreements_replacement FOREIGN KEY (replaced_by) REFERENCES agreements(id)
);
CREATE TRIGGER agreements_append_only BEFORE DELETE
    OR UPDATE OF id, county_code, operator, name, document_name, document_sha256, proposed_by,
    proposed_at ON agreements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER agreements_have_rates AFTER INSERT ON agreements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_agreement_rates();
CREATE TRIGGER agreements_no_truncate BEFORE TRUNCATE ON agreements FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreements_people BEFORE INSERT
    OR UPDATE OF outcome, decided_by, decided_at, valid_during, replaced_by ON agreements FOR EACH ROW
    EXECUTE FUNCTION check_agreement();
ALTER TABLE agreements ENABLE ROW LEVEL SECURITY;
CREATE POLICY agreements_visible_county ON agreements TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, operator, name, valid_during, document_name, document_sha256, document_sealed,
    proposed_by, proposed_at), UPDATE (valid_during, outcome, decided_by, decided_at,
    replaced_by) ON agreements TO market_app;

-- 优惠协议的让利按项目写: an operator concedes 70 % of one programme's reductions and 50 % of another's.
CREATE TABLE agreement_rates (
    agreement_id uuid NOT NULL,
    county_code text NOT NULL,
    programme_code text NOT NULL,
    concession_bp integer NOT NULL,
    CONSTRAINT agreement_rates_concession CHECK (concession_bp BETWEEN 0 AND 10000),
    CONSTRAINT agreement_rates_once PRIMARY KEY (agreement_id, programme_code),
    CONSTRAINT agreement_rates_agreement FOREIGN KEY (agreement_id) REFERENCES agreements(id),
    CONSTRAINT agreement_rates_programme FOREIGN KEY (county_code, programme_code)
        REFERENCES programmes(county_code, code)
);
CREATE INDEX agreement_rates_by_programme ON agreement_rates (county_code, programme_code);
CREATE TRIGGER agreement_rates_append_only BEFORE DELETE OR UPDATE ON agreement_rates FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreement_rates_no_truncate BEFORE TRUNCATE ON agreement_rates FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreement_rates_undecided BEFORE INSERT ON agreement_rates FOR EACH ROW
    EXECUTE FUNCTION check_agreement_rates();
ALTER TABLE agreement_rates ENABLE ROW LEVEL SECURITY;
CREATE POLICY agreement_rates_visible_county ON agreement_rates TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON agreement_rates TO market_app;

CREATE TABLE terms_approvals (
    file_id uuid NOT NULL,
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    person_key bytea NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT terms_approvals_once PRIMARY KEY (file_id),
    CONSTRAINT terms_approvals_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE TRIGGER terms_approvals_append_only BEFORE DELETE
    OR UPDATE OF file_id, county_code, account_id, at ON terms_approvals FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_approvals_no_truncate BEFORE TRUNCATE ON terms_approvals FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_approvals_people BEFORE INSERT ON terms_approvals FOR EACH ROW
    EXECUTE FUNCTION check_terms_approval();
ALTER TABLE terms_approvals ENABLE ROW LEVEL SECURITY;
CREATE POLICY terms_approvals_visible_county ON terms_approvals TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (file_id, county_code, account_id, at) ON terms_approvals TO market_app;
