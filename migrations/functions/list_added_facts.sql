-- Package: subsidies.
-- Return the facts that some lines rest on (`list_fact_subjects`) and that a file, or the decision of a lead, brought after
-- a time: new ones, and the present form of changed ones. `facts` has no sealed columns.
CREATE OR REPLACE FUNCTION list_added_facts(p_county text, p_lines text[], p_since timestamptz)
RETURNS TABLE (fact text, subject text, facts jsonb, file_id uuid, lead_id uuid)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH subjects AS MATERIALIZED (SELECT s.fact, s.subject FROM list_fact_subjects(p_county, p_lines) AS s),
    present AS (
        SELECT s.fact, s.subject, to_jsonb(t) AS facts, t.file_id, t.lead_id
          FROM subjects s JOIN enrolments t ON t.county_code = p_county AND t.line_code = s.subject
         WHERE s.fact = 'enrolments'
        UNION ALL
        SELECT s.fact, s.subject, to_jsonb(t), t.file_id, NULL::uuid
          FROM subjects s JOIN bindings t ON t.county_code = p_county AND t.line_code = s.subject
         WHERE s.fact = 'bindings'
        UNION ALL
        SELECT s.fact, s.subject, to_jsonb(t), t.file_id, t.lead_id
          FROM subjects s
          JOIN persons t ON t.county_code = p_county AND t.id = CASE WHEN s.fact = 'persons' THEN s.subject::uuid END
        UNION ALL
        SELECT s.fact, s.subject, to_jsonb(t), t.file_id, t.lead_id
          FROM subjects s
          JOIN memberships t ON t.county_code = p_county
                            AND t.person_id = CASE WHEN s.fact = 'memberships' THEN s.subject::uuid END
        UNION ALL
        SELECT s.fact, s.subject, to_jsonb(t), t.file_id, t.lead_id
          FROM subjects s JOIN household_statuses t ON t.county_code = p_county AND t.household_code = s.subject
         WHERE s.fact = 'household_statuses'
        UNION ALL
        SELECT s.fact, s.subject, to_jsonb(t), t.file_id, NULL::uuid
          FROM subjects s JOIN programme_terms t ON t.county_code = p_county AND t.programme_code = s.subject
         WHERE s.fact = 'programme_terms'
        UNION ALL
        SELECT s.fact, s.subject, to_jsonb(t), t.file_id, NULL::uuid
          FROM subjects s JOIN plans t ON t.county_code = p_county AND t.code = s.subject
         WHERE s.fact = 'plans')
    SELECT p.fact, p.subject, p.facts - '{identity_sealed,name_sealed,agent_identity_sealed,assessor_identity_sealed}'::text[], p.file_id, p.lead_id
      FROM present p JOIN import_files i ON i.id = p.file_id
     WHERE i.county_code = p_county AND i.imported_at > p_since
     UNION ALL
    SELECT p.fact, p.subject, p.facts - '{identity_sealed,name_sealed,agent_identity_sealed,assessor_identity_sealed}'::text[], p.file_id, p.lead_id
      FROM present p JOIN leads l ON l.id = p.lead_id
     WHERE l.county_code = p_county AND l.decided_at > p_since;
END;
