-- Package: identity.
-- Let an account send the files of an operator for some divisions from a day on, store its person's identity number if one
-- is given, sign it out everywhere, and record it. Return 1; or 0 if the account has another identity number, and -1 if
-- it holds an office or is another operator's, and change nothing.
CREATE OR REPLACE FUNCTION make_operator(
    p_account uuid, p_operator text, p_scopes text[], p_identity_index bytea, p_identity_sealed bytea, p_by text,
    p_at timestamptz
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account accounts%ROWTYPE;
    today   date := business_day(p_at);
BEGIN
    SELECT * INTO STRICT account FROM accounts WHERE id = p_account FOR NO KEY UPDATE;
    IF account.identity_index <> p_identity_index THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM grants WHERE account_id = p_account AND valid_during && daterange(today, NULL))
       OR EXISTS (SELECT FROM operator_grants WHERE account_id = p_account AND operator <> p_operator
                     AND valid_during && daterange(today, NULL)) THEN
        RETURN -1;
    END IF;
    UPDATE accounts SET identity_index = p_identity_index, identity_sealed = p_identity_sealed
     WHERE id = p_account AND p_identity_index IS NOT NULL;
    INSERT INTO operator_grants (account_id, operator, scope, valid_during)
    SELECT DISTINCT p_account, p_operator, scope, daterange(today, NULL) FROM unnest(p_scopes) AS scope
    ON CONFLICT DO NOTHING;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(p_at, p_by, 'operator.make', 'account:' || p_account, jsonb_build_object(
        'handle', account.handle, 'operator', p_operator, 'scopes', p_scopes,
        'identity', p_identity_index IS NOT NULL));
    RETURN 1;
END
$$;
REVOKE ALL ON FUNCTION make_operator FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_operator TO market_app;
