-- Package: counties.
-- Return the value that a county has set for a day, or NULL if the default applies.
CREATE OR REPLACE FUNCTION get_county_setting(p_county text, p_name text, p_day date) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT value FROM county_settings WHERE county_code = p_county AND name = p_name AND valid_during @> p_day);
