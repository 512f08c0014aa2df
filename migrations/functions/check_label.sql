-- Package: trace.
-- A label has a serial of its run, and a revoked one stays revoked.
CREATE OR REPLACE FUNCTION check_label() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'the label was revoked' USING ERRCODE = 'P0913';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM label_runs r
         WHERE r.id = NEW.run_id AND NEW.serial >= r.first_serial AND NEW.serial < r.first_serial + r.count) THEN
        RAISE EXCEPTION 'the serial is none of the run' USING ERRCODE = 'P0914';
    END IF;
    RETURN NEW;
END
$$;
