-- An operator's account sends the files of one operator for counties or a wider division. It has no role: the
-- sender of a bill does not examine it.
CREATE TABLE operator_grants (
    account_id   uuid NOT NULL CONSTRAINT operator_grants_account REFERENCES accounts,
    operator     text NOT NULL
                 CONSTRAINT operator_grants_operator CHECK (operator = ANY (ARRAY['mobile', 'unicom', 'telecom'])),
    scope        text NOT NULL CONSTRAINT operator_grants_scope CHECK (scope ~ '^[0-9]{2}([0-9]{2}){0,2}$'),
    valid_during daterange NOT NULL,
    CONSTRAINT operator_grants_unique PRIMARY KEY (account_id, scope, valid_during WITHOUT OVERLAPS),
    CONSTRAINT operator_grants_one_operator
        EXCLUDE USING gist (account_id WITH =, operator WITH <>, valid_during WITH &&)
);
CREATE INDEX operator_grants_by_operator ON operator_grants (operator, scope);
GRANT SELECT ON operator_grants TO market_app;
CREATE TRIGGER operator_grants_no_office BEFORE INSERT ON operator_grants
    FOR EACH ROW EXECUTE FUNCTION refuse_operator_in_office();
CREATE TRIGGER grants_no_operator BEFORE INSERT ON grants FOR EACH ROW EXECUTE FUNCTION refuse_operator_in_office();
