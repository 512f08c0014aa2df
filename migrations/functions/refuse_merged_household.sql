-- Package: subsidies.
-- Refuse a member of a merged household on a day from its merger on.
CREATE OR REPLACE FUNCTION refuse_merged_household() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM households
                WHERE county_code = NEW.county_code AND code = NEW.household_code
                  AND NEW.valid_during && daterange(merged_on, NULL) AND merged_on IS NOT NULL) THEN
        RAISE EXCEPTION 'the household % was merged', NEW.household_code USING ERRCODE = 'P0144';
    END IF;
    RETURN NEW;
END
$$;
