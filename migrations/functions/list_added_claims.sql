-- Package: subsidies.
-- Return the billing rows of some lines for a month, its corrections included, that were imported after a time.
CREATE OR REPLACE FUNCTION list_added_claims(p_county text, p_lines text[], p_month date, p_since timestamptz)
RETURNS SETOF claims
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH services AS (
        SELECT DISTINCT operator, kind, number_id FROM bindings
         WHERE county_code = p_county AND line_code = ANY (p_lines)),
    billed AS (
        SELECT c.* FROM services s
          JOIN claims c ON c.county_code = p_county AND c.operator = s.operator AND c.kind = s.kind
                       AND c.number_id = s.number_id AND c.month = p_month AND c.corrects_month IS NULL
        UNION ALL
        SELECT c.* FROM services s
          JOIN claims c ON c.county_code = p_county AND c.operator = s.operator AND c.kind = s.kind
                       AND c.number_id = s.number_id AND c.corrects_month = p_month)
    SELECT b.* FROM billed b JOIN import_files i ON i.id = b.file_id
     WHERE i.imported_at > p_since;
END;
