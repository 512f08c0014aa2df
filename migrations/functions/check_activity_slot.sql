-- Package: slots.
-- Check at commit that a suborder of an activity has places in a slot, and no other suborder has.
CREATE OR REPLACE FUNCTION check_activity_slot() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    checked uuid := CASE WHEN TG_TABLE_NAME = 'suborders' THEN to_jsonb(NEW) ->> 'id'
                         ELSE to_jsonb(NEW) ->> 'suborder_id' END;
BEGIN
    IF NOT EXISTS (SELECT FROM suborders s JOIN slot_reservations r ON r.suborder_id = s.id
                    WHERE s.id = checked AND s.kind = 'activity') THEN
        RAISE EXCEPTION 'suborder % is an activity without places, or has places and is none', checked
            USING ERRCODE = 'P0112';
    END IF;
    RETURN NULL;
END
$$;
