-- Package: identity.
-- Create an official's account, or make the account of a phone one; return its id, or NULL if the handle or the phone is
-- another's. An account that had no handle keeps its name, unless it is the one that every new account has. That it became
-- an official's is recorded, and a new second factor.
CREATE OR REPLACE FUNCTION save_official(
    p_handle text, p_name text, p_phone_index bytea, p_phone_sealed bytea, p_totp_sealed bytea, p_sample boolean,
    p_by text, p_at timestamptz
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    saved uuid;
    taken boolean;
BEGIN
    INSERT INTO accounts (handle, name, phone_index, phone_sealed, totp_sealed, sample, created_at)
    VALUES (p_handle, p_name, p_phone_index, p_phone_sealed, p_totp_sealed, p_sample, p_at)
    ON CONFLICT ON CONSTRAINT accounts_phone_unique DO UPDATE
       SET handle = coalesce(accounts.handle, excluded.handle),
           name = CASE WHEN accounts.handle IS NULL AND accounts.name <> '乡集用户' THEN accounts.name
                       ELSE excluded.name END,
           totp_sealed = excluded.totp_sealed
     WHERE accounts.closed_at IS NULL AND coalesce(accounts.handle, excluded.handle) = excluded.handle
    RETURNING accounts.id, old.id IS NOT NULL AND old.handle IS NULL INTO saved, taken;
    IF taken THEN
        PERFORM add_audit_entry(p_at, p_by, 'official.take_account', 'account:' || saved,
                                jsonb_build_object('handle', p_handle));
    END IF;
    IF saved IS NOT NULL AND p_totp_sealed IS NOT NULL THEN
        PERFORM add_audit_entry(p_at, p_by, 'official.second_factor', 'account:' || saved,
                                jsonb_build_object('handle', p_handle));
    END IF;
    RETURN saved;
END
$$;
REVOKE ALL ON FUNCTION save_official FROM PUBLIC;
GRANT EXECUTE ON FUNCTION save_official TO market_app;
