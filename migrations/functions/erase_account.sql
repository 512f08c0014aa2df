-- Package: identity.
-- Close an account: delete its name, phone, second factor, identity number, codes, sessions and key, and record it.
-- Requests that are under way may still write for it; in an hour they have ended, and what they wrote is erased.
CREATE OR REPLACE FUNCTION erase_account(p_account uuid, p_name text, p_by text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM sign_in_codes WHERE phone_index = (SELECT phone_index FROM accounts WHERE id = p_account);
    DELETE FROM sessions WHERE account_id = p_account;
    DELETE FROM person_keys WHERE account_id = p_account;
    UPDATE accounts
       SET name = p_name, phone_index = NULL, phone_sealed = NULL, totp_sealed = NULL, identity_index = NULL,
           identity_sealed = NULL, elder = false, closed_at = p_at,
           erase_again_at = p_at + interval '1 hour', erased_phone_index = phone_index
     WHERE id = p_account;
    PERFORM add_audit_entry(p_at, p_by, 'account.close', 'account:' || p_account, '{}');
END
$$;
REVOKE ALL ON FUNCTION erase_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_account TO market_app;
