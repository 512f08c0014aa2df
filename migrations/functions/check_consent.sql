-- Package: consents.
-- A consent begins open, and ends once: what was agreed to and when is not rewritten.
CREATE OR REPLACE FUNCTION check_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT upper_inf(NEW.valid_during) THEN
            RAISE EXCEPTION 'a consent begins without an end' USING ERRCODE = 'P0230';
        END IF;
    ELSIF NOT upper_inf(OLD.valid_during) OR upper_inf(NEW.valid_during)
          OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
        RAISE EXCEPTION 'a consent ends once' USING ERRCODE = 'P0230';
    END IF;
    RETURN NEW;
END
$$;
