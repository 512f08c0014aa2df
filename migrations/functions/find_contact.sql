-- Package: counties.
-- Return whom to call about a division of 12 digits on a day: the contact of the village, else of the township, else of
-- the county. A contact who is away comes after one who is not; `back_on` is then the first day after the absence.
CREATE OR REPLACE FUNCTION find_contact(p_division text, p_day date)
RETURNS TABLE (division text, level smallint, name text, phone text, hours text, back_on date)
LANGUAGE sql STABLE AS $$
    SELECT d.name, d.level, c.name, c.phone, c.hours, CASE WHEN c.away_during @> p_day THEN upper(c.away_during) END
      FROM contacts c JOIN divisions d ON d.code = c.division_code
     WHERE c.division_code IN (p_division, ancestor_code(p_division, 4), ancestor_code(p_division, 3))
     ORDER BY coalesce(c.away_during @> p_day, false), d.level DESC
     LIMIT 1
$$;
