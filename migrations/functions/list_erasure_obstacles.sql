-- Package: subsidies.
-- Return what keeps a person of the register from being erased; nothing if they may be.
CREATE OR REPLACE FUNCTION list_erasure_obstacles(p_person uuid, p_day date) RETURNS TABLE (obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH person AS MATERIALIZED (SELECT id, county_code, identity_index FROM persons WHERE id = p_person),
    bound AS MATERIALIZED (
        SELECT b.county_code, b.line_code, b.valid_during
          FROM person p JOIN bindings b ON b.county_code = p.county_code AND b.identity_index = p.identity_index
    ), own AS MATERIALIZED (
        SELECT county_code, line_code FROM bound
         UNION
        SELECT p.county_code, e.line_code
          FROM person p JOIN enrolments e ON e.county_code = p.county_code AND e.identity_index = p.identity_index
    )
    SELECT 'erased' WHERE EXISTS (SELECT FROM register_erasures WHERE person_id = p_person)
    UNION ALL
    SELECT 'member' WHERE EXISTS (
        SELECT FROM memberships WHERE person_id = p_person AND coalesce(upper(valid_during), 'infinity') > p_day)
    UNION ALL
    -- An operator may ask for more until six months after a month (R10): who is bound is found by the number.
    SELECT 'bound' WHERE EXISTS (
        SELECT FROM bound WHERE coalesce(upper(valid_during), 'infinity') > p_day - interval '6 months')
    UNION ALL
    SELECT 'lead' WHERE EXISTS (
        SELECT FROM person p JOIN lead_persons l ON l.identity_index = p.identity_index JOIN leads ON leads.id = l.lead_id
         WHERE leads.county_code = p.county_code AND leads.state NOT IN ('decided', 'rejected', 'withdrawn'))
    UNION ALL
    SELECT 'finding' WHERE EXISTS (
        SELECT FROM own JOIN finding_lines USING (county_code, line_code) JOIN findings f ON f.id = finding_id
         WHERE f.state = 'open')
    UNION ALL
    SELECT 'grievance' WHERE EXISTS (
        SELECT FROM own JOIN grievances USING (county_code, line_code) JOIN cases ON cases.id = case_id
         WHERE cases.state <> 'closed')
    UNION ALL
    SELECT 'clawback' WHERE EXISTS (
        SELECT FROM clawbacks WHERE person_id = p_person AND state NOT IN ('refused', 'annulled', 'cleared'))
    UNION ALL
    -- What was counted with the person is closed and sealed: the pack proves it without them.
    SELECT 'month' WHERE EXISTS (
        SELECT FROM person p JOIN cycles q USING (county_code)
         WHERE q.month < (SELECT max(least(upper(valid_during), p_day)) FROM bound)
           AND (q.state <> 'closed' OR NOT EXISTS (SELECT FROM evidence_packs e WHERE e.cycle_id = q.id)))
$$;
REVOKE ALL ON FUNCTION list_erasure_obstacles FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_erasure_obstacles TO market_app;
