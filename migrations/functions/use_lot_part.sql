-- Package: trace.
-- What goes into a mixed lot is used of its parent, which is of the same producer and crop; its CHECK decides how much.
CREATE OR REPLACE FUNCTION use_lot_part() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp' AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE harvest_lots SET used_grams = used_grams - OLD.grams WHERE id = OLD.parent_id;
        RETURN NULL;
    END IF;
    UPDATE harvest_lots p SET used_grams = p.used_grams + NEW.grams
      FROM harvest_lots l
     WHERE p.id = NEW.parent_id AND l.id = NEW.lot_id AND l.producer_id = p.producer_id AND l.crop = p.crop
       AND l.harvested_on <= p.harvested_on;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a lot is mixed of lots of its producer and crop' USING ERRCODE = 'P0912';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION use_lot_part FROM PUBLIC;
