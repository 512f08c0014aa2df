-- Package: subsidies.
-- Require that an objection is to a lead of its village whose notice runs on the day it was received (P0147). The row of the
-- lead is locked, so that no step of it passes an objection that is being written.
CREATE OR REPLACE FUNCTION check_objection() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    noticed leads;
BEGIN
    SELECT * INTO noticed FROM leads WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM cases
                    WHERE id = NEW.case_id AND division_code = noticed.village_code
                      AND noticed.state IN ('noticed', 'reviewed') AND noticed.notice @> business_day(received_at)) THEN
        RAISE EXCEPTION 'the lead is not under notice' USING ERRCODE = 'P0147';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_objection FROM PUBLIC;
