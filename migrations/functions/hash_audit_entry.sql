-- Package: audit.
CREATE OR REPLACE FUNCTION hash_audit_entry(previous bytea, chain smallint, sequence bigint, at timestamptz, actor text,
                                 action text, object text, detail jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || convert_to(jsonb_build_array(
    chain, sequence, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, object,
    detail)::text, 'UTF8'));
