-- Package: subsidies.
-- Keep an imported file without the cells of erased persons; what was imported is named by its hash as before.
CREATE OR REPLACE FUNCTION redact_original(
    p_file uuid, p_attached boolean, p_name text, p_content_sealed bytea, p_sha256 text, p_bytes integer,
    p_by text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    county text;
BEGIN
    UPDATE import_originals
       SET content_sealed = p_content_sealed, redacted_sha256 = p_sha256, redacted_bytes = p_bytes, redacted_at = p_at
     WHERE file_id = p_file AND attached = p_attached AND name = p_name
    RETURNING county_code INTO STRICT county;
    PERFORM add_audit_entry(p_at, p_by, 'redact original', 'county:' || county,
                            jsonb_build_object('file_id', p_file, 'file', p_name, 'sha256', p_sha256));
END
$$;
REVOKE ALL ON FUNCTION redact_original FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redact_original TO market_app;
