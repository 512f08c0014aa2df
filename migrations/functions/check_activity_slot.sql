-- Package: slots.
-- Check at commit that a suborder of an activity has places in a slot of one, and no other suborder has; seats without a
-- suborder are in slots of other kinds.
CREATE OR REPLACE FUNCTION check_activity_slot() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'suborders' THEN to_jsonb(NEW) ->> 'id'
                         ELSE to_jsonb(NEW) ->> 'suborder_id' END;
BEGIN
    IF checked IS NULL THEN
        IF EXISTS (SELECT FROM slots WHERE id = (to_jsonb(NEW) ->> 'slot_id')::uuid AND kind = 'activity') THEN
            RAISE EXCEPTION 'a seat in an activity has no suborder' USING ERRCODE = 'P0112';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM suborders s
                        JOIN slot_reservations r ON r.suborder_id = s.id
                        JOIN slots ON slots.id = slot_id AND slots.kind = 'activity'
                       WHERE s.id = checked AND s.kind = 'activity') THEN
        RAISE EXCEPTION 'suborder % is an activity without places, or has places and is none', checked
            USING ERRCODE = 'P0112';
    END IF;
    RETURN NULL;
END
$$;
