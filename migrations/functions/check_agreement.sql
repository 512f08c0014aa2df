-- Package: subsidies.
-- Store who proposed and who decided an agreement, as each is known then. It is decided once, by another person than who
-- proposed it (P0171); afterwards only its end is set, once, by the agreement that replaces it (P0170).
CREATE OR REPLACE FUNCTION check_agreement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.proposed_person = get_person_key(NEW.proposed_by);
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        IF OLD.outcome <> 'approved' OR NEW.outcome <> OLD.outcome OR NEW.decided_by <> OLD.decided_by
           OR NOT upper_inf(OLD.valid_during) OR NEW.replaced_by IS NULL
           OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
            RAISE EXCEPTION 'the agreement was decided before' USING ERRCODE = 'P0170';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.valid_during <> OLD.valid_during OR NEW.replaced_by IS NOT NULL THEN
        RAISE EXCEPTION 'the agreement is not decided' USING ERRCODE = 'P0170';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    IF NEW.decided_person = OLD.proposed_person OR is_same_person(OLD.proposed_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person proposed the agreement' USING ERRCODE = 'P0171';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_agreement FROM PUBLIC;
