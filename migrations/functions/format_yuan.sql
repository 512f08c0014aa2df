-- Package: kernel.
-- Format fen as yuan: 1950 is 19.50.
CREATE OR REPLACE FUNCTION format_yuan(fen bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN fen < 0 THEN '-' ELSE '' END || abs(fen) / 100 || '.' || lpad((abs(fen) % 100)::text, 2, '0');
