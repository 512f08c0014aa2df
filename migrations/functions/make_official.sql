-- Package: identity.
-- Grant an account roles for a division from a day on, store its person's identity number if one is given, sign it out
-- everywhere, and record it. An auditor's role ends after 180 days. A role that the account holds for a time as a deputy becomes its own. Return false, and change nothing, if the account has another identity number.
CREATE OR REPLACE FUNCTION make_official(
    p_account uuid, p_roles text[], p_scope text, p_identity_index bytea, p_identity_sealed bytea, p_by text,
    p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    official accounts%ROWTYPE;
BEGIN
    SELECT * INTO STRICT official FROM accounts WHERE id = p_account FOR NO KEY UPDATE;
    IF official.identity_index <> p_identity_index THEN
        RETURN false;
    END IF;
    UPDATE accounts SET identity_index = p_identity_index, identity_sealed = p_identity_sealed
     WHERE id = p_account AND p_identity_index IS NOT NULL;
    DELETE FROM grants WHERE account_id = p_account AND role = ANY(p_roles) AND scope = p_scope
       AND deputy_for IS NOT NULL AND lower(valid_during) >= business_day(p_at);
    UPDATE grants SET valid_during = daterange(lower(valid_during), business_day(p_at))
     WHERE account_id = p_account AND role = ANY(p_roles) AND scope = p_scope
       AND deputy_for IS NOT NULL AND valid_during @> business_day(p_at);
    INSERT INTO grants (account_id, role, scope, valid_during)
    SELECT p_account, role, p_scope, daterange(business_day(p_at), CASE role WHEN 'auditor' THEN business_day(p_at) + 180 END)
      FROM unnest(p_roles) AS role
    ON CONFLICT ON CONSTRAINT grants_unique DO NOTHING;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(p_at, p_by, 'official.make', 'account:' || p_account, jsonb_build_object(
        'handle', official.handle, 'roles', p_roles, 'scope', p_scope, 'identity', p_identity_index IS NOT NULL));
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION make_official FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_official TO market_app;
