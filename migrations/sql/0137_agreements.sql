-- 优惠协议: an operator's contract with the county, with its rate, validity and document; proposed by one person and approved by
-- another. 标准的审定: a file of programmes or plans, approved by another person than who imported it.
CREATE TABLE agreements (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code     text NOT NULL CONSTRAINT agreements_county CHECK (county_code ~ '^[0-9]{6}$'),
    operator        text NOT NULL CONSTRAINT agreements_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    name            text NOT NULL CONSTRAINT agreements_name CHECK (length(name) BETWEEN 1 AND 80),
    concession_bp   integer NOT NULL CONSTRAINT agreements_concession CHECK (concession_bp BETWEEN 0 AND 10000),
    valid_during    daterange NOT NULL
                    CONSTRAINT agreements_period CHECK (NOT isempty(valid_during) AND NOT lower_inf(valid_during)),
    document_name   text NOT NULL CONSTRAINT agreements_document CHECK (length(document_name) BETWEEN 1 AND 200),
    document_sha256 text NOT NULL CONSTRAINT agreements_sha256 CHECK (document_sha256 ~ '^[0-9a-f]{64}$'),
    document_sealed bytea NOT NULL,
    proposed_by     uuid NOT NULL CONSTRAINT agreements_proposer REFERENCES accounts,
    proposed_person bytea NOT NULL,
    proposed_at     timestamptz NOT NULL,
    outcome         text CONSTRAINT agreements_outcome CHECK (outcome IN ('approved', 'refused')),
    decided_by      uuid CONSTRAINT agreements_decider REFERENCES accounts,
    decided_person  bytea,
    decided_at      timestamptz,
    replaced_by     uuid CONSTRAINT agreements_replacement REFERENCES agreements,
    CONSTRAINT agreements_decided CHECK ((outcome IS NOT NULL) = (decided_by IS NOT NULL)
                                         AND (outcome IS NOT NULL) = (decided_person IS NOT NULL)
                                         AND (outcome IS NOT NULL) = (decided_at IS NOT NULL)),
    CONSTRAINT agreements_two_people CHECK (decided_person <> proposed_person AND decided_by <> proposed_by),
    -- An operator has one agreement a day; the next one ends the one before.
    CONSTRAINT agreements_one_a_day
        EXCLUDE USING gist (county_code WITH =, operator WITH =, valid_during WITH &&) WHERE (outcome = 'approved')
);

CREATE TABLE terms_approvals (
    file_id     uuid CONSTRAINT terms_approvals_once PRIMARY KEY
                CONSTRAINT terms_approvals_file REFERENCES import_files,
    county_code text NOT NULL,
    account_id  uuid NOT NULL CONSTRAINT terms_approvals_account REFERENCES accounts,
    person_key  bytea NOT NULL,
    at          timestamptz NOT NULL
);

CREATE TRIGGER agreements_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at, valid_during, replaced_by
    ON agreements FOR EACH ROW EXECUTE FUNCTION check_agreement();
CREATE TRIGGER agreements_append_only
    BEFORE DELETE OR UPDATE OF id, county_code, operator, name, concession_bp, document_name, document_sha256, proposed_by,
    proposed_at ON agreements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreements_no_truncate BEFORE TRUNCATE ON agreements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_approvals_people BEFORE INSERT ON terms_approvals
    FOR EACH ROW EXECUTE FUNCTION check_terms_approval();
CREATE TRIGGER terms_approvals_append_only BEFORE DELETE OR UPDATE OF file_id, county_code, account_id, at ON terms_approvals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_approvals_no_truncate BEFORE TRUNCATE ON terms_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE agreements ENABLE ROW LEVEL SECURITY;
ALTER TABLE terms_approvals ENABLE ROW LEVEL SECURITY;
CREATE POLICY agreements_visible_county ON agreements TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
CREATE POLICY terms_approvals_visible_county ON terms_approvals TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, operator, name, concession_bp, valid_during, document_name, document_sha256,
                      document_sealed, proposed_by, proposed_at),
      UPDATE (outcome, decided_by, decided_at, valid_during, replaced_by) ON agreements TO market_app;
GRANT SELECT, INSERT (file_id, county_code, account_id, at) ON terms_approvals TO market_app;
