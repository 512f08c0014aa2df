-- Package: audit.
-- Append an entry to the audit record. Entries of one object share a chain; the 16 chains do not block each other.
-- An entry made by a command also names the operating system's user, with which the command's connection is named.
CREATE OR REPLACE FUNCTION add_audit_entry(p_at timestamptz, p_actor text, p_action text, p_object text, p_detail jsonb)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_chain smallint := (hashtextextended(p_object, 0) & 15)::smallint;
    p_month bigint := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYMM')::bigint;
    last_sequence bigint;
    last_hash bytea;
    operator text := substring(current_setting('application_name') FROM '^market-command:(.+)$');
BEGIN
    IF operator IS NOT NULL THEN
        p_detail := p_detail || jsonb_build_object('operator', operator);
    END IF;
    PERFORM pg_advisory_xact_lock(7001, p_chain);
    SELECT sequence, hash INTO last_sequence, last_hash
      FROM audit_entries WHERE chain = p_chain AND sequence >= p_month * 10000000000 ORDER BY sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT sequence, hash INTO last_sequence, last_hash
          FROM audit_entries WHERE chain = p_chain ORDER BY sequence DESC LIMIT 1;
    END IF;
    IF NOT FOUND THEN
        SELECT sequence, hash INTO last_sequence, last_hash
          FROM archived_audit_heads WHERE chain = p_chain ORDER BY sequence DESC LIMIT 1;
    END IF;
    -- The month, and after it the number of the entry in its chain, which goes on from month to month.
    last_sequence := coalesce(last_sequence, 0);
    last_sequence := greatest(p_month, last_sequence / 10000000000) * 10000000000 + last_sequence % 10000000000 + 1;
    last_hash := coalesce(last_hash, '\x00');
    INSERT INTO audit_entries VALUES (p_chain, last_sequence, p_at, p_actor, p_action, p_object, p_detail, last_hash,
        hash_audit_entry(last_hash, p_chain, last_sequence, p_at, p_actor, p_action, p_object, p_detail));
END
$$;
REVOKE ALL ON FUNCTION add_audit_entry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_audit_entry TO market_app;
