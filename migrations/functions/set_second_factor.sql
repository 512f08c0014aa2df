-- Package: identity.
-- Replace the second factor of an official's account, sign it out everywhere, and record it; return the account, or NULL
-- if no open account has the handle.
CREATE OR REPLACE FUNCTION set_second_factor(p_handle text, p_totp_sealed bytea, p_by text, p_at timestamptz)
RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed uuid;
BEGIN
    UPDATE accounts SET totp_sealed = p_totp_sealed WHERE handle = p_handle AND closed_at IS NULL
    RETURNING id INTO changed;
    IF changed IS NOT NULL THEN
        UPDATE sessions SET revoked_at = p_at WHERE account_id = changed AND revoked_at IS NULL;
        PERFORM add_audit_entry(p_at, p_by, 'official.second_factor', 'account:' || changed,
                                jsonb_build_object('handle', p_handle));
    END IF;
    RETURN changed;
END
$$;
REVOKE ALL ON FUNCTION set_second_factor FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_second_factor TO market_app;
