-- Package: payouts.
-- A payout account is checked once; another one is used once a second person agreed, who did not correct the holder's name.
CREATE OR REPLACE FUNCTION check_payout_account() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('rejected', 'ended') AND NEW.state <> OLD.state
       OR OLD.state = 'active' AND NEW.state NOT IN ('active', 'ended')
       OR OLD.state = 'waiting' AND NEW.state NOT IN ('waiting', 'active', 'rejected')
       OR OLD.state = 'checking' AND NEW.state = 'active' AND NEW.replaces IS NOT NULL
       OR OLD.state <> 'checking' AND NEW.destination IS DISTINCT FROM OLD.destination
       OR OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by AND NEW.state <> 'rejected' THEN
        RAISE EXCEPTION 'the payout account % was checked', OLD.id USING ERRCODE = 'P0109';
    END IF;
    IF NEW.state = 'active' AND OLD.state = 'checking'
       AND EXISTS (SELECT FROM payout_accounts
                    WHERE producer_id = NEW.producer_id AND activated_at IS NOT NULL AND id <> NEW.id) THEN
        RAISE EXCEPTION 'the producer % has had a payout account', NEW.producer_id USING ERRCODE = 'P0109';
    END IF;
    IF NEW.state <> 'rejected' AND NEW.decided_by IS DISTINCT FROM OLD.decided_by
       AND (is_same_person(NEW.entered_by, NEW.decided_by)
            OR is_same_person((SELECT name_corrected_by FROM accounts WHERE id = NEW.entered_by), NEW.decided_by)) THEN
        RAISE EXCEPTION 'the payout account % needs a second person', NEW.id USING ERRCODE = 'P0161';
    END IF;
    RETURN NEW;
END;
$$;
