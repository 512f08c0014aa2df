-- Package: identity.
-- End the account of an operator from a day on, with its second factor and its sessions, and record it. Return for how
-- many divisions it was. A grant that began on the day was held for no day: an empty range would not be valid.
CREATE OR REPLACE FUNCTION end_operator(p_account uuid, p_by text, p_at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := business_day(p_at);
    ended integer := (SELECT count(*) FROM operator_grants WHERE account_id = p_account AND valid_during @> today);
BEGIN
    IF ended = 0 THEN
        RETURN 0;
    END IF;
    DELETE FROM operator_grants WHERE account_id = p_account AND lower(valid_during) = today;
    UPDATE operator_grants SET valid_during = daterange(lower(valid_during), today)
     WHERE account_id = p_account AND valid_during @> today;
    UPDATE accounts SET totp_sealed = NULL WHERE id = p_account;
    UPDATE sessions SET revoked_at = p_at WHERE account_id = p_account AND revoked_at IS NULL;
    PERFORM add_audit_entry(p_at, p_by, 'operator.end', 'account:' || p_account, jsonb_build_object(
        'handle', (SELECT handle FROM accounts WHERE id = p_account), 'ended', ended));
    RETURN ended;
END
$$;
REVOKE ALL ON FUNCTION end_operator FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_operator TO market_app;
