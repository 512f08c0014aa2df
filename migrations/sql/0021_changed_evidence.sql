-- A stopping finding that would lapse because a fact was changed waits for a person.

-- When a run last saw the finding; facts that are changed later may be why none sees it any more.
ALTER TABLE findings ADD COLUMN seen_at timestamptz;

-- Set for a line that would leave an open finding because its facts were changed after this time, when a run last saw
-- it there; it stays until a person decides.
ALTER TABLE finding_lines ADD COLUMN changed_after timestamptz;

-- Return the superseded facts that some lines rest on, replaced after a time: enrolment, bindings, persons, memberships,
-- households, programme and plans. Persons are those enrolled or bound now, and those that were before.
CREATE FUNCTION list_replaced_facts(p_county text, p_lines text[], p_since timestamptz) RETURNS SETOF fact_versions
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH identities AS (
        SELECT identity_index FROM enrolments WHERE county_code = p_county AND line_code = ANY (p_lines)
        UNION
        SELECT identity_index FROM bindings WHERE county_code = p_county AND line_code = ANY (p_lines)
        UNION
        SELECT decode(substr(facts ->> 'identity_index', 3), 'hex') FROM fact_versions
         WHERE county_code = p_county AND fact IN ('enrolments', 'bindings') AND subject = ANY (p_lines)),
    people AS (
        SELECT p.id FROM persons p JOIN identities i ON i.identity_index = p.identity_index
         WHERE p.county_code = p_county),
    subjects AS (
        SELECT fact, subject FROM unnest(ARRAY['enrolments', 'bindings']) AS fact, unnest(p_lines) AS subject
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

-- Return the present form of a superseded fact, NULL if it was removed. A fact of a period begins on the same day.
CREATE FUNCTION find_current_fact(p_county text, p_fact text, p_facts jsonb) RETURNS jsonb
LANGUAGE sql STABLE
RETURN CASE p_fact
    WHEN 'enrolments' THEN (
        SELECT to_jsonb(t) FROM enrolments t WHERE t.county_code = p_county AND t.line_code = p_facts ->> 'line_code')
    WHEN 'bindings' THEN (
        SELECT to_jsonb(t) FROM bindings t
         WHERE t.county_code = p_county AND t.line_code = p_facts ->> 'line_code'
           AND lower(t.valid_during) = lower((p_facts ->> 'valid_during')::daterange))
    WHEN 'persons' THEN (SELECT to_jsonb(t) FROM persons t WHERE t.id = (p_facts ->> 'id')::uuid)
    WHEN 'memberships' THEN (SELECT to_jsonb(t) FROM memberships t WHERE t.id = (p_facts ->> 'id')::uuid)
    WHEN 'household_statuses' THEN (
        SELECT to_jsonb(t) FROM household_statuses t
         WHERE t.county_code = p_county AND t.household_code = p_facts ->> 'household_code'
           AND lower(t.valid_during) = lower((p_facts ->> 'valid_during')::daterange))
    WHEN 'programmes' THEN (
        SELECT to_jsonb(t) FROM programmes t WHERE t.county_code = p_county AND t.code = p_facts ->> 'code')
    WHEN 'programme_terms' THEN (
        SELECT to_jsonb(t) FROM programme_terms t
         WHERE t.county_code = p_county AND t.programme_code = p_facts ->> 'programme_code'
           AND lower(t.valid_during) = lower((p_facts ->> 'valid_during')::daterange))
    WHEN 'plans' THEN (
        SELECT to_jsonb(t) FROM plans t
         WHERE t.county_code = p_county AND t.code = p_facts ->> 'code' AND t.kind = p_facts ->> 'kind'
           AND lower(t.valid_during) = lower((p_facts ->> 'valid_during')::daterange))
END;
