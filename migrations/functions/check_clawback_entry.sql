-- Package: subsidies.
-- Store who recorded and who decided a repayment or a write-off, as each is known then; it is decided once, by another person (P0212).
CREATE OR REPLACE FUNCTION check_clawback_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.recorded_person = get_person_key(NEW.recorded_by);
        IF NOT EXISTS (SELECT FROM clawbacks WHERE id = NEW.clawback_id AND county_code = NEW.county_code AND posted_at IS NOT NULL) THEN
            RAISE EXCEPTION 'nothing is owed yet' USING ERRCODE = 'P0211';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'the entry was decided before' USING ERRCODE = 'P0211';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    IF NEW.decided_person = OLD.recorded_person OR is_same_person(OLD.recorded_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person recorded the entry' USING ERRCODE = 'P0212';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_clawback_entry FROM PUBLIC;
