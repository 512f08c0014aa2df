-- Package: identity.
-- Return a name as `fold_name` does, and without digits if there are other letters than Latin ones: an official, an agent
-- or an assessor does not become another person by a digit.
CREATE OR REPLACE FUNCTION fold_official_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH folded AS MATERIALIZED (SELECT fold_name(name) AS value)
    SELECT CASE WHEN value ~ '[0-9]' AND value ~ '[^[:ascii:]]'
                THEN fold_name(regexp_replace(value, '[0-9]', '', 'g')) ELSE value END
      FROM folded;
END;
