-- Package: procurement.
-- Post what is refunded of a paid purchase to the year of its order, in whichever year and way it comes back; a red-letter
-- invoice is due for it, whether the purchase counts or not.
CREATE OR REPLACE FUNCTION restore_quota() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_id, at)
    SELECT organisation_id, year, list, 'returned', NEW.refunded_fen - OLD.refunded_fen, order_id, clock_timestamp()
      FROM procurements
     WHERE order_id = NEW.order_id AND paid_at IS NOT NULL AND list IS NOT NULL AND NEW.refunded_fen > OLD.refunded_fen;
    UPDATE procurements SET returned_fen = returned_fen + NEW.refunded_fen - OLD.refunded_fen
     WHERE order_id = NEW.order_id AND paid_at IS NOT NULL AND NEW.refunded_fen > OLD.refunded_fen;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION restore_quota FROM PUBLIC;
