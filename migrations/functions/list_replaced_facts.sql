-- Package: subsidies.
-- Return the superseded facts that some lines rest on, replaced after a time: enrolment, bindings, persons, memberships,
-- households, programme and plans. Persons are those enrolled or bound now, and those that were before; the other lines
-- for which they are or were enrolled count too, because a finding about one line may rest on another.
CREATE OR REPLACE FUNCTION list_replaced_facts(p_county text, p_lines text[], p_since timestamptz)
RETURNS SETOF fact_versions
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH identities AS MATERIALIZED (
        SELECT identity_index FROM enrolments WHERE county_code = p_county AND line_code = ANY (p_lines)
        UNION
        SELECT identity_index FROM bindings WHERE county_code = p_county AND line_code = ANY (p_lines)
        UNION
        SELECT decode(substr(facts ->> 'identity_index', 3), 'hex') FROM fact_versions
         WHERE county_code = p_county AND fact IN ('enrolments', 'bindings') AND subject = ANY (p_lines)),
    lines AS (
        SELECT line_code FROM unnest(p_lines) AS line_code
        UNION
        SELECT e.line_code FROM identities i
          JOIN enrolments e ON e.county_code = p_county AND e.identity_index = i.identity_index
        UNION
        SELECT v.subject FROM identities i
          JOIN fact_versions v ON v.county_code = p_county AND v.enrolled_index = i.identity_index),
    people AS (
        SELECT p.id FROM persons p JOIN identities i ON i.identity_index = p.identity_index
         WHERE p.county_code = p_county),
    subjects AS (
        SELECT fact, line_code AS subject FROM unnest(ARRAY['enrolments', 'bindings']) AS fact, lines
        UNION
        SELECT fact, id::text FROM people, unnest(ARRAY['persons', 'memberships']) AS fact
        UNION
        SELECT 'household_statuses', m.household_code FROM memberships m JOIN people p ON p.id = m.person_id
        UNION
        SELECT fact, e.programme_code FROM enrolments e, unnest(ARRAY['programmes', 'programme_terms']) AS fact
         WHERE e.county_code = p_county AND e.line_code = ANY (p_lines)
        UNION
        SELECT 'plans', plan_code FROM bindings WHERE county_code = p_county AND line_code = ANY (p_lines))
    SELECT v.* FROM fact_versions v JOIN subjects s ON s.fact = v.fact AND s.subject = v.subject
     WHERE v.county_code = p_county AND v.replaced_at > p_since;
END;
