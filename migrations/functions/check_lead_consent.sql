-- Package: subsidies.
-- Refuse a consent of a lead that enrols nobody or has ended, and one on the page by somebody who did not apply (P0172). After
-- a withdrawal a decided lead takes a consent again, on the page or signed on paper, not before the day of the withdrawal (P0174).
CREATE OR REPLACE FUNCTION check_lead_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    enrolling leads;
    withdrawn date;
BEGIN
    SELECT * INTO enrolling FROM leads
     WHERE id = NEW.lead_id AND kind = 'enrol' AND state NOT IN ('rejected', 'withdrawn')
       AND (NEW.form = 'photo' OR applicant_id = NEW.recorded_by);
    IF enrolling.state = 'decided' THEN
        SELECT business_day(max(withdrawn_at)) INTO withdrawn FROM lead_consents
         WHERE lead_id = NEW.lead_id HAVING bool_and(withdrawn_at IS NOT NULL);
    END IF;
    IF enrolling.id IS NULL OR (enrolling.state = 'decided' AND withdrawn IS NULL) THEN
        RAISE EXCEPTION 'the consent is not to an open enrolment of the person' USING ERRCODE = 'P0172';
    END IF;
    IF NEW.given_on < withdrawn THEN
        RAISE EXCEPTION 'the consent was withdrawn after that day' USING ERRCODE = 'P0174';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_lead_consent FROM PUBLIC;
