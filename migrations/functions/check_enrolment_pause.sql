-- Package: subsidies.
-- Store who paused a line and who ended the pause, as each is known then. A pause is ended once (P0170), from its first day
-- on, and by another person than who began it (P0171).
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
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_enrolment_pause FROM PUBLIC;
