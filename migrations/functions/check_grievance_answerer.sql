-- Package: grievances.
-- Refuse the answer to a grievance by the official complained of, and, while a level is above, by who triaged it.
CREATE OR REPLACE FUNCTION check_grievance_answerer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grievances g
                WHERE g.case_id = NEW.id
                  AND (is_same_person(NEW.answered_by, g.officer_id)
                       OR (NEW.level < cardinality(NEW.path) AND is_same_person(NEW.answered_by, g.triaged_by)))) THEN
        RAISE EXCEPTION 'the grievance % needs another person to answer it', NEW.number USING ERRCODE = 'P0110';
    END IF;
    RETURN NEW;
END;
$$;
