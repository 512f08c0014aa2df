-- Package: subsidies.
-- Return whether the person who is enrolled for a line withdrew the consent to it and gave none since. Of several decided
-- leads of the person for the line the latest counts; a line that a file enrolled has no consent here, and misses none.
CREATE OR REPLACE FUNCTION is_consent_missing(p_county text, p_line text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT bool_and(c.withdrawn_at IS NOT NULL) FROM lead_consents c
          WHERE c.lead_id = (SELECT l.id
                               FROM leads l
                               JOIN enrolments e USING (county_code, line_code)
                               JOIN lead_persons p ON p.lead_id = l.id AND p.identity_index = e.identity_index
                              WHERE l.county_code = p_county AND l.line_code = p_line AND l.state = 'decided'
                              ORDER BY l.decided_at DESC LIMIT 1)),
        false)
$$;
REVOKE ALL ON FUNCTION is_consent_missing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_consent_missing TO market_app;
