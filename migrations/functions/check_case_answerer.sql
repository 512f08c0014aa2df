-- Package: casework.
-- Refuse an answer of who asked, of who is complained of, or of a member of the seller on either side, by whatever account;
-- a seller answers only as the seller.
CREATE OR REPLACE FUNCTION check_case_answerer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF is_same_person(NEW.answered_by, NEW.asker_id)
       OR is_same_person(NEW.answered_by, NEW.against_account_id)
       OR EXISTS (SELECT FROM producer_members
                   WHERE (producer_id = NEW.for_producer_id
                          OR (producer_id = NEW.against_producer_id AND NEW.path[NEW.level] <> 'seller'))
                     AND is_same_person(NEW.answered_by, account_id)) THEN
        RAISE EXCEPTION 'the case % needs another person to answer it', NEW.number USING ERRCODE = 'P0110';
    END IF;
    RETURN NEW;
END;
$$;
