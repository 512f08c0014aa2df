-- Package: invoices.
-- Mark the invoices that were asked for when an order was placed, now that it is paid: the worker opens the tasks of its sellers.
CREATE OR REPLACE FUNCTION mark_order_invoices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE invoice_requests SET changed = true, paid = true
     WHERE suborder_id IN (SELECT id FROM suborders WHERE order_id = NEW.id);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION mark_order_invoices FROM PUBLIC;
