-- Package: subsidies.
-- Refuse a consent of a lead that enrols nobody or has ended, and one on the page by somebody who did not apply (P0172).
CREATE OR REPLACE FUNCTION check_lead_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM leads
                    WHERE id = NEW.lead_id AND kind = 'enrol' AND state NOT IN ('decided', 'rejected', 'withdrawn')
                      AND (NEW.form = 'photo' OR applicant_id = NEW.recorded_by)) THEN
        RAISE EXCEPTION 'the consent is not to an open enrolment of the person' USING ERRCODE = 'P0172';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_lead_consent FROM PUBLIC;
