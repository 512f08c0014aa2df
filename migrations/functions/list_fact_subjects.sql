-- Package: subsidies.
-- Return the facts that some lines rest on, each as its table and its subject: enrolment, bindings, persons, memberships,
-- households, programme, plans and bills. Persons are those enrolled or bound now, and those that were before; the other lines
-- for which they are or were enrolled count too, because a finding about one line may rest on another. The code of a
-- number that nobody had bound (`YD-#17`) stands for the lines that are bound to it now.
CREATE OR REPLACE FUNCTION list_fact_subjects(p_county text, p_lines text[]) RETURNS TABLE (fact text, subject text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH given AS MATERIALIZED (
        SELECT line_code FROM unnest(p_lines) AS line_code
        UNION
        SELECT b.line_code FROM unnest(p_lines) AS code
          JOIN bindings b ON b.county_code = p_county AND b.number_id = substring(code FROM '-#([0-9]+)')::bigint),
    identities AS MATERIALIZED (
        SELECT identity_index FROM given JOIN enrolments e USING (line_code) WHERE e.county_code = p_county
        UNION
        SELECT identity_index FROM given JOIN bindings b USING (line_code) WHERE b.county_code = p_county
        UNION
        SELECT decode(substr(facts ->> 'identity_index', 3), 'hex') FROM given JOIN fact_versions ON line_code = subject
         WHERE county_code = p_county AND fact IN ('enrolments', 'bindings')),
    lines AS (
        SELECT line_code FROM given
        UNION
        SELECT e.line_code FROM identities i
          JOIN enrolments e ON e.county_code = p_county AND e.identity_index = i.identity_index
        UNION
        SELECT v.subject FROM identities i
          JOIN fact_versions v ON v.county_code = p_county AND v.enrolled_index = i.identity_index),
    people AS (
        SELECT p.id FROM persons p JOIN identities i ON i.identity_index = p.identity_index
         WHERE p.county_code = p_county)
    SELECT each, line_code FROM unnest(ARRAY['enrolments', 'bindings']) AS each, lines
    UNION
    SELECT each, id::text FROM people, unnest(ARRAY['persons', 'memberships']) AS each
    UNION
    SELECT 'household_statuses', m.household_code FROM memberships m JOIN people p ON p.id = m.person_id
    UNION
    SELECT each, e.programme_code FROM given JOIN enrolments e USING (line_code),
           unnest(ARRAY['programmes', 'programme_terms']) AS each
     WHERE e.county_code = p_county
    UNION
    SELECT 'plans', b.plan_code FROM given JOIN bindings b USING (line_code) WHERE b.county_code = p_county
    UNION
    SELECT 'claims', b.number_id::text FROM given JOIN bindings b USING (line_code) WHERE b.county_code = p_county
    UNION
    SELECT 'claims', substring(code FROM '-#([0-9]+)') FROM unnest(p_lines) AS code WHERE code ~ '-#[0-9]+';
END;
