-- Package: grievances.
-- Refuse the answer to a grievance by the official complained of, by account or identity number, not by name, and, while a level is above, by who triaged it.
CREATE OR REPLACE FUNCTION check_grievance_answerer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grievances g
                WHERE g.case_id = NEW.id
                  AND (EXISTS (SELECT FROM accounts a JOIN accounts o ON o.id = g.officer_id
                                WHERE a.id = NEW.answered_by AND (a.id = o.id OR a.identity_index = o.identity_index))
                       OR (NEW.level < cardinality(NEW.path) AND is_same_person(NEW.answered_by, g.triaged_by)))) THEN
        RAISE EXCEPTION 'the grievance % needs another person to answer it', NEW.number USING ERRCODE = 'P0110';
    END IF;
    RETURN NEW;
END;
$$;
