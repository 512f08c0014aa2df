-- Package: kernel.
CREATE OR REPLACE FUNCTION sum_array(parts integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(sum(part), 0) FROM unnest(parts) AS part);
