-- Package: casework.
-- The path of a case stays as it was received, but for one thing: a case that goes up to a supervisor whom the county does not
-- have goes to the platform instead.
CREATE OR REPLACE FUNCTION check_case_path() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected text[] := OLD.path;
BEGIN
    expected[NEW.level] := 'platform';
    IF NEW.path IS DISTINCT FROM expected OR OLD.path[NEW.level] <> 'supervisor' OR NEW.level <= OLD.level THEN
        RAISE EXCEPTION 'the path of the case % stays', OLD.number USING ERRCODE = 'P0247';
    END IF;
    RETURN NEW;
END
$$;
