-- Package: subsidies.
-- Return the superseded facts that some lines rest on (`list_fact_subjects`), replaced after a time.
CREATE OR REPLACE FUNCTION list_replaced_facts(p_county text, p_lines text[], p_since timestamptz)
RETURNS SETOF fact_versions
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT v.* FROM list_fact_subjects(p_county, p_lines) AS s
      JOIN fact_versions v ON v.fact = s.fact AND v.subject = s.subject
     WHERE v.county_code = p_county AND v.replaced_at > p_since;
END;
