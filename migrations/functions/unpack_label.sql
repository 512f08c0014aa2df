-- Package: trace.
-- Take a label off what an order line sends. The row of the suborder decides between this and sending it at once; the row of
-- the packed label, between two that take it off.
CREATE OR REPLACE FUNCTION unpack_label() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM suborders
      WHERE id = (SELECT suborder_id FROM order_lines WHERE id = NEW.order_line_id) AND state = 'paid' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'what the label is on was sent' USING ERRCODE = 'P0917';
    END IF;
    DELETE FROM packed_labels
     WHERE lot_id = NEW.lot_id AND serial = NEW.serial AND order_line_id = NEW.order_line_id
    RETURNING packed_by, packed_at INTO NEW.packed_by, NEW.packed_at;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the label is not on this line' USING ERRCODE = 'P0918';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION unpack_label FROM PUBLIC;
