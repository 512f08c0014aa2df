-- Package: identity.
-- Give an official's roles of a county to another official for some days, end what the deputy had of them from the first
-- day on, and record it; an empty range only ends. Return how many roles the deputy gets: none that the deputy holds
-- anyway, none that the official holds as a deputy, and none without a role of the own today.
CREATE OR REPLACE FUNCTION set_deputy(
    p_account uuid, p_deputy uuid, p_county text, p_during daterange, p_by text, p_at timestamptz
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := business_day(p_at);
    given integer;
BEGIN
    PERFORM FROM accounts WHERE id IN (p_account, p_deputy) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM grants WHERE account_id = p_deputy AND deputy_for = p_account AND starts_with(scope, p_county)
       AND lower(valid_during) >= today;
    UPDATE grants SET valid_during = daterange(lower(valid_during), today)
     WHERE account_id = p_deputy AND deputy_for = p_account AND starts_with(scope, p_county)
       AND valid_during @> today;
    INSERT INTO grants (account_id, role, scope, valid_during, deputy_for)
    SELECT p_deputy, g.role, g.scope, p_during, p_account
      FROM grants g
     WHERE g.account_id = p_account AND g.deputy_for IS NULL AND starts_with(g.scope, p_county)
       AND NOT isempty(p_during) AND g.valid_during @> p_during
       AND EXISTS (SELECT FROM grants WHERE account_id = p_deputy AND valid_during @> today)
       AND NOT EXISTS (SELECT FROM grants held
                        WHERE held.account_id = p_deputy AND held.role = g.role AND held.scope = g.scope
                          AND held.valid_during && p_during);
    GET DIAGNOSTICS given = ROW_COUNT;
    PERFORM add_audit_entry(
        p_at, p_by, 'official.deputy', 'account:' || p_deputy,
        jsonb_build_object('for', p_account, 'from', lower(p_during), 'until', upper(p_during), 'roles', given));
    RETURN given;
END
$$;
REVOKE ALL ON FUNCTION set_deputy FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_deputy TO market_app;
