-- Package: subsidies.
-- Return the present form of a superseded fact, NULL if it is gone.
CREATE OR REPLACE FUNCTION find_current_fact(p_county text, p_fact text, p_facts jsonb) RETURNS jsonb
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
    WHEN 'claims' THEN (
        SELECT to_jsonb(t) FROM claims t
         WHERE t.county_code = p_county AND t.operator = p_facts ->> 'operator' AND t.kind = p_facts ->> 'kind'
           AND t.number_id = (p_facts ->> 'number_id')::bigint AND t.month = (p_facts ->> 'month')::date
           AND t.corrects_month IS NOT DISTINCT FROM (p_facts ->> 'corrects_month')::date
         LIMIT 1)
END;
