-- Package: divisions.
-- Add a village of a township that is known, unless its code is: all that the service adds to the divisions, which come
-- with a release. Returns whether it was added.
CREATE OR REPLACE FUNCTION add_village(p_code text, p_name text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH added AS (
        INSERT INTO divisions (code, name, level, parent_code)
        SELECT p_code, p_name, 5, township.code
          FROM divisions township
         WHERE township.code = ancestor_code(p_code, 4) AND township.level = 4 AND township.code <> p_code
        ON CONFLICT (code) DO NOTHING
        RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
$$;
REVOKE ALL ON FUNCTION add_village FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_village TO market_app;
