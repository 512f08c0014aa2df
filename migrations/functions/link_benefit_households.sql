-- Package: benefits.
-- Who signs in for the first time sees the households that a shop registered with the telephone. The lock is that of
-- `link_household`: of an account and a registration at once, the later sees the earlier.
CREATE OR REPLACE FUNCTION link_benefit_households() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7009, get_byte(NEW.phone_index, 0) / 4);
    UPDATE benefits.households SET account_id = NEW.id, phone_index = NULL, phone_sealed = NULL WHERE phone_index = NEW.phone_index;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION link_benefit_households FROM PUBLIC;
