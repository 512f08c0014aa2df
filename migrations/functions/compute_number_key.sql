-- Package: subsidies.
-- A mobile number is unique among the operators, any other within its operator and kind. Keys of text would take the
-- temporal key three times as long.
CREATE OR REPLACE FUNCTION compute_number_key(operator text, kind text, number_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN number_id * 10 + CASE kind WHEN 'mobile' THEN 0 WHEN 'broadband' THEN 1 ELSE 4 END
    + CASE WHEN kind = 'mobile' OR operator = 'mobile' THEN 0 WHEN operator = 'unicom' THEN 1 ELSE 2 END;
