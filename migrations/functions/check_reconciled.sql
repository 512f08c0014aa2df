-- Package: subsidies.
-- Refuse to reconcile a month while a difference of an operator's latest return file is open, or does not add up.
CREATE OR REPLACE FUNCTION check_reconciled() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM return_files f JOIN return_differences d USING (file_id)
         WHERE f.cycle_id = NEW.id AND d.outcome IS NULL
           AND f.revision = (SELECT max(revision) FROM return_files
                              WHERE cycle_id = f.cycle_id AND operator = f.operator))
    THEN
        RAISE EXCEPTION 'cycle % has open differences', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cycles_reconciled';
    END IF;
    RETURN NULL;
END
$$;
