-- Package: subsidies.
-- Refuse a merge that is changed later, into a household that is itself merged, or of one that still has members.
CREATE OR REPLACE FUNCTION check_household_merge() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.merged_into IS NOT NULL
       OR EXISTS (SELECT FROM households
                   WHERE county_code = NEW.county_code AND code = NEW.merged_into AND merged_into IS NOT NULL)
       OR EXISTS (SELECT FROM memberships
                   WHERE county_code = NEW.county_code AND household_code = NEW.code
                     AND valid_during && daterange(NEW.merged_on, NULL)) THEN
        RAISE EXCEPTION 'the household % cannot be merged into %', NEW.code, NEW.merged_into USING ERRCODE = 'P0144';
    END IF;
    RETURN NEW;
END
$$;
