-- Package: payouts.
CREATE OR REPLACE FUNCTION check_large_payout() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'the large payout % was decided', OLD.id USING ERRCODE = 'P0162';
    END IF;
    IF NEW.state = 'consented' AND is_same_person(OLD.requested_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the large payout % needs a second person', OLD.id USING ERRCODE = 'P0161';
    END IF;
    RETURN NEW;
END;
$$;
