-- Package: visits.
-- At commit: a stay that its host cancelled is cancelled, was paid, and all that was paid for it is refunded.
CREATE OR REPLACE FUNCTION check_stay_cancellation() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM suborders s JOIN orders o ON o.id = order_id
         WHERE s.id = NEW.suborder_id AND s.kind = 'stay' AND s.state = 'cancelled' AND s.released_at IS NULL
           AND NOT EXISTS (SELECT FROM bookings WHERE suborder_id = s.id AND state <> 'cancelled')
           AND CASE WHEN o.paid_at IS NULL
                    THEN EXISTS (SELECT FROM deposits WHERE order_id = o.id AND deposit_fen <= s.refunded_fen)
                    ELSE NOT EXISTS (SELECT FROM order_lines WHERE suborder_id = s.id AND refunded_fen < amount_fen) END) THEN
        RAISE EXCEPTION 'the stay % is not cancelled and refunded whole', NEW.suborder_id
            USING ERRCODE = '23514', CONSTRAINT = 'stay_cancellations_whole';
    END IF;
    RETURN NULL;
END;
$$;
