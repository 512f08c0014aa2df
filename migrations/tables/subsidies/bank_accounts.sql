-- 收款账户: to which account an operator is paid, entered by finance from its agreement, agreed to by another person who
-- reads the number again; a settlement keeps the account of its day.
CREATE TABLE operator_bank_accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    operator text NOT NULL,
    holder text NOT NULL,
    bank text NOT NULL,
    number_sealed bytea NOT NULL,
    number_tail text NOT NULL,
    valid_during daterange NOT NULL,
    entered_by uuid NOT NULL,
    entered_person bytea NOT NULL,
    entered_at timestamptz NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamptz,
    replaced_by uuid,
    CONSTRAINT bank_accounts_bank CHECK (length(bank) BETWEEN 1 AND 80),
    CONSTRAINT bank_accounts_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT bank_accounts_decided CHECK (((outcome IS NOT NULL) = (decided_by IS NOT NULL))
        AND ((outcome IS NOT NULL) = (decided_person IS NOT NULL))
        AND ((outcome IS NOT NULL) = (decided_at IS NOT NULL))),
    CONSTRAINT bank_accounts_holder CHECK (length(holder) BETWEEN 1 AND 80),
    CONSTRAINT bank_accounts_outcome CHECK (outcome IN ('agreed', 'refused')),
    CONSTRAINT bank_accounts_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    CONSTRAINT bank_accounts_tail CHECK (number_tail ~ '^[0-9]{4}$'),
    CONSTRAINT bank_accounts_two_people CHECK ((decided_person <> entered_person) AND (decided_by <> entered_by)),
    CONSTRAINT bank_accounts_of_operator UNIQUE (id, county_code, operator),
    -- An operator is paid to one account a day; the next one ends the one before.
    CONSTRAINT bank_accounts_one_a_day EXCLUDE USING gist (county_code WITH =, operator WITH =, valid_during WITH &&)
        WHERE ((outcome = 'agreed')),
    CONSTRAINT bank_accounts_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT bank_accounts_enterer FOREIGN KEY (entered_by) REFERENCES accounts(id),
    CONSTRAINT bank_accounts_operator FOREIGN KEY (operator) REFERENCES operators(code),
    CONSTRAINT bank_accounts_replacement FOREIGN KEY (replaced_by) REFERENCES operator_bank_accounts(id)
);
CREATE TRIGGER bank_accounts_append_only BEFORE DELETE
    OR UPDATE OF id, county_code, operator, holder, bank, number_tail, entered_by,
    entered_at ON operator_bank_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_accounts_no_truncate BEFORE TRUNCATE ON operator_bank_accounts FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_accounts_people BEFORE INSERT
    OR UPDATE OF outcome, decided_by, decided_at, valid_during, replaced_by ON operator_bank_accounts FOR EACH ROW
    EXECUTE FUNCTION check_bank_account();
ALTER TABLE operator_bank_accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY operator_bank_accounts_visible_county ON operator_bank_accounts TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, operator, holder, bank, number_sealed, number_tail, valid_during, entered_by,
    entered_at), UPDATE (valid_during, outcome, decided_by, decided_at,
    replaced_by) ON operator_bank_accounts TO market_app;
