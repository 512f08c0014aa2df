-- Package: subsidies.
-- Refuse the deposit of a secret for a month that was opened: who saw facts of the month could choose the secret.
CREATE OR REPLACE FUNCTION refuse_late_deposit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM cycles WHERE county_code = NEW.county_code AND month = NEW.month) THEN
        RAISE EXCEPTION 'the month was opened' USING ERRCODE = 'check_violation', CONSTRAINT = 'sample_deposits_in_time';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION refuse_late_deposit FROM PUBLIC;
