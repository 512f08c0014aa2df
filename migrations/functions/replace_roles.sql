-- Package: identity.
-- End every role of an official from a day on and grant others for a division, or none; sign the account out everywhere,
-- and record it. Without a role the second factor ends too. Return how many roles ended. Who stands in for the official
-- does so no longer.
-- An auditor's role ends after 180 days.
-- A role that began on the day was held for no day: an empty range would not be valid.
CREATE OR REPLACE FUNCTION replace_roles(
    p_account uuid, p_roles text[], p_scope text, p_by text, p_at timestamptz
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := business_day(p_at);
    ended integer;
    ends boolean := p_roles = '{}';
BEGIN
    -- A deputy that is being given is waited for, and ended too.
    PERFORM FROM accounts WHERE id = p_account FOR NO KEY UPDATE;
    ended := (SELECT count(*) FROM grants WHERE account_id = p_account AND valid_during @> today);
    DELETE FROM grants WHERE p_account IN (account_id, deputy_for) AND lower(valid_during) >= today;
    UPDATE grants SET valid_during = daterange(lower(valid_during), today)
     WHERE p_account IN (account_id, deputy_for) AND valid_during @> today;
    INSERT INTO grants (account_id, role, scope, valid_during)
    SELECT p_account, role, p_scope, daterange(today, CASE role WHEN 'auditor' THEN today + 180 END)
      FROM unnest(p_roles) AS role
    ON CONFLICT ON CONSTRAINT grants_unique DO NOTHING;
    UPDATE accounts SET totp_sealed = NULL WHERE id = p_account AND ends;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(
        p_at, p_by, CASE WHEN ends THEN 'official.end' ELSE 'official.move' END, 'account:' || p_account,
        jsonb_build_object('handle', (SELECT handle FROM accounts WHERE id = p_account), 'ended', ended,
                           'roles', p_roles, 'scope', p_scope));
    RETURN ended;
END
$$;
REVOKE ALL ON FUNCTION replace_roles FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_roles TO market_app;
