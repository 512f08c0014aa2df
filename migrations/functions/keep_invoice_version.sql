-- Package: invoices.
-- Keep the number of an invoice that is corrected, whoever writes; the schema allows three corrections.
CREATE OR REPLACE FUNCTION keep_invoice_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO invoice_versions (invoice_id, version, number, recorded_by, recorded_at, corrected_at)
    VALUES (OLD.id, OLD.version, OLD.number, OLD.recorded_by, OLD.recorded_at, NEW.recorded_at);
    NEW.version := OLD.version + 1;
    RETURN NEW;
END;
$$;
REVOKE ALL ON FUNCTION keep_invoice_version FROM PUBLIC;
