-- Package: trace.
-- A run of labels uses its weight of the lot, whose row is locked and whose CHECK decides, and takes the next serials.
CREATE OR REPLACE FUNCTION use_lot_for_labels() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp' AS $$
DECLARE
    -- RETURNING has a NEW of its own.
    wanted integer := NEW.count;
    taken integer;
BEGIN
    UPDATE harvest_lots
       SET used_grams = used_grams + wanted::bigint * NEW.grams, last_serial = last_serial + wanted
     WHERE id = NEW.lot_id
    RETURNING last_serial - wanted + 1 INTO taken;
    NEW.first_serial := taken;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION use_lot_for_labels FROM PUBLIC;
