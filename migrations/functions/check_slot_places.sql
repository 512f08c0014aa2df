-- Package: slots.
-- Check at commit that the free places of a slot are those that no live reservation takes.
CREATE OR REPLACE FUNCTION check_slot_places() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'slots' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'slot_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM slots
         WHERE slots.id = checked
           AND free <> capacity - (SELECT coalesce(sum(party), 0) FROM slot_reservations
                                    WHERE slot_id = slots.id
                                      AND state IN ('offered', 'reserved', 'booked', 'attended', 'missed'))
    ) THEN
        RAISE EXCEPTION 'the places of slot % do not add up', checked USING ERRCODE = 'P0111';
    END IF;
    RETURN NULL;
END
$$;
