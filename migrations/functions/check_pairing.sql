-- Package: pairing.
-- A verified organisation is paired; the other side than proposed it agrees, by another
-- person, to at least one pledge, and once. Only the end
-- of its village changes the term.
CREATE OR REPLACE FUNCTION check_pairing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'INSERT' OR (OLD.agreed_by IS NULL AND NEW.agreed_by IS NOT NULL))
       AND NOT EXISTS (SELECT FROM organisations WHERE id = NEW.organisation_id AND verified_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the organisation is not verified' USING ERRCODE = 'P0901';
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.valid_during <@ OLD.valid_during THEN
        RAISE EXCEPTION 'the term of pairing % is not extended', NEW.number USING ERRCODE = 'P0904';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.agreed_by IS NULL AND NEW.agreed_by IS NOT NULL THEN
        IF is_same_person(NEW.agreed_by, NEW.proposed_by)
           OR (SELECT count(DISTINCT account_id) = 2 FROM organisation_members
                WHERE organisation_id = NEW.organisation_id AND account_id IN (NEW.agreed_by, NEW.proposed_by)) THEN
            RAISE EXCEPTION 'the other side agrees to pairing %', NEW.number USING ERRCODE = 'P0902';
        END IF;
        IF NOT EXISTS (SELECT FROM pledges WHERE pairing_id = NEW.id) THEN
            RAISE EXCEPTION 'nothing is pledged in pairing %', NEW.number USING ERRCODE = 'P0903';
        END IF;
    ELSIF TG_OP = 'UPDATE' AND NEW.agreed_by IS DISTINCT FROM OLD.agreed_by THEN
        RAISE EXCEPTION 'pairing % is agreed', NEW.number USING ERRCODE = 'P0904';
    END IF;
    RETURN NEW;
END
$$;
