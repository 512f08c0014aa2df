-- Package: subsidies.
-- Let a clawback move only as its debtor's way allows (P0211), with who proposed and who decided it as each is known then. It is
-- decided by another person (P0212), who is not of the household (P0213). A decision against a household is posted only after
-- its appeal term, or when an appeal was dismissed (P0214).
CREATE OR REPLACE FUNCTION check_clawback() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ruling text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.proposed_person = get_person_key(NEW.proposed_by);
        IF NEW.state <> (CASE WHEN NEW.cycle_id IS NULL THEN 'proposed' ELSE 'owed' END) THEN
            RAISE EXCEPTION 'a clawback begins as it is proposed' USING ERRCODE = 'P0211';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.county_code, NEW.debtor, NEW.operator, NEW.person_id, NEW.household_code, NEW.village_code, NEW.ground,
        NEW.cycle_id, NEW.finding_id, NEW.amount_fen, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.id, OLD.county_code, OLD.debtor, OLD.operator, OLD.person_id, OLD.household_code, OLD.village_code, OLD.ground,
        OLD.cycle_id, OLD.finding_id, OLD.amount_fen, OLD.proposed_by, OLD.proposed_at)
       OR (OLD.decided_by IS NOT NULL AND (NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by, OLD.decided_at))
       OR (OLD.served_on IS NOT NULL AND (NEW.served_on, NEW.appeal_until) IS DISTINCT FROM (OLD.served_on, OLD.appeal_until))
       OR (OLD.posted_at IS NOT NULL AND (NEW.posted_at, NEW.due_on) IS DISTINCT FROM (OLD.posted_at, OLD.due_on)) THEN
        RAISE EXCEPTION 'what a clawback says is not changed' USING ERRCODE = 'P0211';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
           ('proposed', 'refused'), ('proposed', 'owed'), ('proposed', 'decided'), ('decided', 'served'),
           ('decided', 'appealed'), ('served', 'appealed'), ('served', 'owed'), ('appealed', 'annulled'), ('appealed', 'owed'),
           ('owed', 'cleared')) THEN
        RAISE EXCEPTION 'a clawback does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'P0211';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state <> 'proposed' THEN
        NEW.decided_person = get_person_key(NEW.decided_by);
        IF NEW.decided_person = OLD.proposed_person OR is_same_person(OLD.proposed_by, NEW.decided_by) THEN
            RAISE EXCEPTION 'the person proposed the clawback' USING ERRCODE = 'P0212';
        END IF;
        IF EXISTS (SELECT FROM memberships m JOIN persons p ON p.id = m.person_id JOIN accounts a USING (identity_index)
                    WHERE m.county_code = NEW.county_code AND m.household_code = NEW.household_code AND a.id = NEW.decided_by) THEN
            RAISE EXCEPTION 'the person is of the household' USING ERRCODE = 'P0213';
        END IF;
        IF NEW.state = 'owed' AND NEW.debtor = 'household' OR NEW.state = 'decided' AND NEW.debtor = 'operator' THEN
            RAISE EXCEPTION 'a household may appeal before it owes anything, an operator does not' USING ERRCODE = 'P0211';
        END IF;
    END IF;
    IF NEW.debtor = 'household' AND NEW.state IN ('owed', 'annulled') AND OLD.state <> NEW.state THEN
        SELECT c.outcome INTO ruling FROM clawback_appeals a JOIN cases c ON c.id = a.case_id WHERE a.clawback_id = NEW.id;
        IF OLD.state = 'appealed' AND ruling IS DISTINCT FROM (CASE NEW.state WHEN 'owed' THEN 'unsolved' ELSE 'solved' END)
           OR OLD.state = 'served' AND business_day(NEW.posted_at) <= OLD.appeal_until THEN
            RAISE EXCEPTION 'the household may still appeal, or its appeal is not decided so' USING ERRCODE = 'P0214';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_clawback FROM PUBLIC;
