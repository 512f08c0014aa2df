-- Package: trace.
-- A mixed lot is exactly the sum of at least two lots; a lot of a plot has no parts.
CREATE OR REPLACE FUNCTION check_mixed_lot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lot uuid := CASE WHEN TG_TABLE_NAME = 'harvest_lots' THEN to_jsonb(NEW) ->> 'id'
                     ELSE coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> 'lot_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM harvest_lots h
          LEFT JOIN LATERAL (SELECT sum(grams) AS grams, count(*) AS parts FROM lot_parts WHERE lot_id = h.id) s ON true
         WHERE h.id = lot
           AND CASE WHEN h.plot_id IS NULL THEN s.parts < 2 OR s.grams <> h.grams ELSE s.parts > 0 END) THEN
        RAISE EXCEPTION 'a mixed lot is the sum of at least two lots' USING ERRCODE = 'P0911';
    END IF;
    RETURN NULL;
END
$$;
