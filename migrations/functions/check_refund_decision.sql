-- Package: orders.
-- Nobody consents to their own request nor to a refund of their own purchase, by whatever account, and a request that has
-- ended does not change.
CREATE OR REPLACE FUNCTION check_refund_decision() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'the refund request % has ended', OLD.id USING ERRCODE = 'P0107';
    END IF;
    IF NEW.state = 'consented' AND (
        is_same_person(OLD.requested_by, NEW.decided_by)
        OR EXISTS (SELECT FROM suborders JOIN orders ON orders.id = order_id
                    WHERE suborders.id = OLD.suborder_id AND is_same_person(buyer_id, NEW.decided_by))) THEN
        RAISE EXCEPTION 'the refund request % needs a second person', OLD.id USING ERRCODE = 'P0108';
    END IF;
    RETURN NEW;
END;
$$;
