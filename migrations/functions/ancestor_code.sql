-- Package: kernel.
CREATE OR REPLACE FUNCTION ancestor_code(code text, level integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rpad(truncate_code(code, level), 12, '0');
