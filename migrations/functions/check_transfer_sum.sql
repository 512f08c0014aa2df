-- Package: procurement.
-- Check at commit that the transfers of a purchase add up to what was invoiced if it is paid, and that it has none if not.
CREATE OR REPLACE FUNCTION check_transfer_sum() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT sum(fen) FROM bank_receipts WHERE order_id = NEW.order_id)
       IS DISTINCT FROM (SELECT paid_fen FROM procurements WHERE order_id = NEW.order_id) THEN
        RAISE EXCEPTION 'the transfers of purchase % do not add up', NEW.order_id USING ERRCODE = 'P0248';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_transfer_sum FROM PUBLIC;
