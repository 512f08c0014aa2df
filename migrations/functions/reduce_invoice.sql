-- Package: procurement.
-- Take a red-letter invoice off the purchase's invoice; when nothing is left, none is due. The row of the purchase decides
-- between two at once, and its checks refuse more than came back.
CREATE OR REPLACE FUNCTION reduce_invoice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE procurements
       SET reduced_fen = reduced_fen + NEW.fen,
           reduce_since = CASE WHEN reduced_fen + NEW.fen < returned_fen THEN reduce_since END
     WHERE order_id = NEW.order_id AND producer_id = NEW.producer_id;
    IF NOT FOUND OR EXISTS (
        SELECT FROM procurement_invoices
         WHERE (order_id = NEW.order_id AND issued_on > NEW.issued_on)
            OR (producer_id = NEW.producer_id AND number = NEW.number)) THEN
        RAISE EXCEPTION 'the red-letter invoice % is not of this purchase''s invoice', NEW.number USING ERRCODE = 'P0246';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION reduce_invoice FROM PUBLIC;
