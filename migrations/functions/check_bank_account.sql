-- Package: subsidies.
-- Store who entered and who decided an operator's account, as each is known then. It is decided once, by another person
-- than who entered it (P0201); afterwards only its end is set, once, by the account that replaces it (P0200).
CREATE OR REPLACE FUNCTION check_bank_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.entered_person = get_person_key(NEW.entered_by);
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        IF OLD.outcome <> 'agreed' OR NEW.outcome <> OLD.outcome OR NEW.decided_by <> OLD.decided_by
           OR NOT upper_inf(OLD.valid_during) OR NEW.replaced_by IS NULL
           OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
            RAISE EXCEPTION 'the account was decided before' USING ERRCODE = 'P0200';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.valid_during <> OLD.valid_during OR NEW.replaced_by IS NOT NULL THEN
        RAISE EXCEPTION 'the account is not decided' USING ERRCODE = 'P0200';
    END IF;
    NEW.decided_person = get_person_key(NEW.decided_by);
    IF NEW.decided_person = OLD.entered_person OR is_same_person(OLD.entered_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person entered the account' USING ERRCODE = 'P0201';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_bank_account FROM PUBLIC;
