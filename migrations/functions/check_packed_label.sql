-- Package: trace.
-- A label is packed while it is not revoked, by the producer whose lot it is of, into goods that wait or are on the way. The
-- row of the label decides between packing and revoking at once.
CREATE OR REPLACE FUNCTION check_packed_label() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM labels WHERE lot_id = NEW.lot_id AND serial = NEW.serial AND revoked_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the label is revoked' USING ERRCODE = 'P0915';
    END IF;
    IF NOT EXISTS (
        SELECT FROM order_lines l
          JOIN suborders s ON s.id = l.suborder_id
          JOIN harvest_lots h ON h.id = NEW.lot_id AND h.producer_id = s.producer_id
         WHERE l.id = NEW.order_line_id AND s.kind = 'goods' AND s.state IN ('paid', 'shipped')) THEN
        RAISE EXCEPTION 'the label is not for this line' USING ERRCODE = 'P0916';
    END IF;
    RETURN NEW;
END
$$;
