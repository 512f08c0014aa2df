-- Package: identity.
-- Create a session and record the sign-in.
CREATE OR REPLACE FUNCTION start_session(
    p_token_hash bytea, p_account uuid, p_expires_at timestamptz, p_second_factor boolean, p_device text,
    p_device_key bytea, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO sessions (token_hash, account_id, created_at, seen_at, expires_at, second_factor, device, device_key)
    VALUES (p_token_hash, p_account, p_at, p_at, p_expires_at, p_second_factor, p_device, p_device_key);
    PERFORM add_audit_entry(p_at, p_account::text, 'account.sign_in', 'account:' || p_account,
                            jsonb_build_object('second_factor', p_second_factor, 'device', p_device));
END
$$;
REVOKE ALL ON FUNCTION start_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION start_session TO market_app;
