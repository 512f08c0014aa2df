-- Package: packages.
-- Return the sum of signed shares by funder.
CREATE OR REPLACE FUNCTION sum_shares(parts jsonb[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(jsonb_object_agg(funder, fen), '{}')
          FROM (SELECT key AS funder, sum(value::bigint)::bigint AS fen
                  FROM unnest(parts) AS part, jsonb_each_text(part) GROUP BY key) AS sums);
