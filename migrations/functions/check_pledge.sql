-- Package: pairing.
-- What was agreed stays as it is; only the end of the village shortens it, or takes what had not begun by the agreement.
CREATE OR REPLACE FUNCTION check_pledge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreed timestamptz := (SELECT agreed_at FROM pairings WHERE id = coalesce(NEW.pairing_id, OLD.pairing_id));
BEGIN
    IF agreed IS NOT NULL
       AND (TG_OP = 'INSERT'
            OR (TG_OP = 'UPDATE'
                AND NOT (NEW.valid_during <@ OLD.valid_during AND lower(NEW.valid_during) = lower(OLD.valid_during)))
            OR (TG_OP = 'DELETE'
                AND lower(OLD.valid_during) <= (agreed AT TIME ZONE 'Asia/Shanghai')::date)) THEN
        RAISE EXCEPTION 'the pairing is agreed' USING ERRCODE = 'P0904';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
