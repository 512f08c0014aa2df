-- Package: orders.
-- Record who found a bank transfer of an order, or of a refund.
CREATE OR REPLACE FUNCTION audit_transfer_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM add_audit_entry(
        NEW.recorded_at, coalesce(NEW.recorded_by::text, 'operator'),
        CASE WHEN NEW.refund_id IS NULL THEN 'transfer.record' ELSE 'refund.found' END,
        'order:' || (SELECT number FROM orders WHERE id = NEW.order_id),
        jsonb_strip_nulls(jsonb_build_object('reference', NEW.reference, 'refund', NEW.refund_id)));
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION audit_transfer_record FROM PUBLIC;
