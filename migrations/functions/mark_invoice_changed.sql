-- Package: invoices.
-- Mark the invoice of a suborder of which something was refunded: the worker opens the task of its seller.
CREATE OR REPLACE FUNCTION mark_invoice_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE invoice_requests SET changed = true WHERE suborder_id = NEW.id AND NOT changed;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION mark_invoice_changed FROM PUBLIC;
