-- Package: identity.
-- Let an auditor's role that began today end on an earlier day than after 180 days, and record it.
CREATE OR REPLACE FUNCTION set_auditor_end(p_account uuid, p_last date, p_by text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE grants SET valid_during = daterange(lower(valid_during), p_last + 1)
     WHERE account_id = p_account AND role = 'auditor' AND valid_during @> business_day(p_at);
    PERFORM add_audit_entry(
        p_at, p_by, 'official.auditor_end', 'account:' || p_account, jsonb_build_object('last', p_last));
END
$$;
REVOKE ALL ON FUNCTION set_auditor_end FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_auditor_end TO market_app;
