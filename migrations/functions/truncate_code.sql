-- Package: kernel.
-- Division codes: the digits of a province (level 1), a prefecture, a county, a township and a village (5). Only the
-- generated columns `county_code` name a width themselves. market/kernel/division_codes.py has the same functions.
CREATE OR REPLACE FUNCTION truncate_code(code text, level integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(code, (ARRAY[2, 4, 6, 9, 12])[level]);
