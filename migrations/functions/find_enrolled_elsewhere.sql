-- Package: subsidies.
-- Return the lines of a county whose enrolled person has in another county a decided enrolment bound on a common day of
-- the period. The identities are blind indexes; neither the other county nor the person is revealed.
CREATE OR REPLACE FUNCTION find_enrolled_elsewhere(p_county text, p_from date, p_until date) RETURNS TABLE (line_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT e.line_code
      FROM enrolments e
      JOIN bindings b ON b.county_code = e.county_code AND b.line_code = e.line_code
      JOIN enrolments o ON o.identity_index = e.identity_index AND o.county_code <> p_county AND o.decided
      JOIN bindings d ON d.county_code = o.county_code AND d.line_code = o.line_code
     WHERE e.county_code = p_county AND e.decided
       AND p_county LIKE get_visible_county() || '%'
       AND NOT isempty(b.valid_during * daterange(e.entitled_from, NULL) * d.valid_during
                       * daterange(o.entitled_from, NULL) * daterange(p_from, p_until));
END;
REVOKE ALL ON FUNCTION find_enrolled_elsewhere FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_enrolled_elsewhere TO market_app;
