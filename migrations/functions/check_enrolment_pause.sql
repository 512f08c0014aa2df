-- Package: subsidies.
-- Set whose pause it is, and refuse to end one a second time, for days before it, as the person who began it, or while the
-- consent to the line is withdrawn (P0173): who withdraws it waits for the row of the open pause, as who ends it does.
CREATE OR REPLACE FUNCTION check_enrolment_pause() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.paused_person = get_person_key(NEW.paused_by);
        RETURN NEW;
    END IF;
    IF OLD.ended_by IS NOT NULL OR lower(NEW.paused_during) <> lower(OLD.paused_during) THEN
        RAISE EXCEPTION 'the pause has ended' USING ERRCODE = 'P0170';
    END IF;
    NEW.ended_person = get_person_key(NEW.ended_by);
    IF NEW.ended_person = OLD.paused_person OR is_same_person(OLD.paused_by, NEW.ended_by) THEN
        RAISE EXCEPTION 'the person began the pause' USING ERRCODE = 'P0171';
    END IF;
    IF is_consent_missing(OLD.county_code, OLD.line_code) THEN
        RAISE EXCEPTION 'the consent is withdrawn' USING ERRCODE = 'P0173';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_enrolment_pause FROM PUBLIC;
