-- An invoice may be asked for when the order is placed; it is due once the order is paid.
CREATE TRIGGER orders_invoiced AFTER UPDATE OF paid_at ON orders
    FOR EACH ROW WHEN (OLD.paid_at IS NULL AND NEW.paid_at IS NOT NULL) EXECUTE FUNCTION mark_order_invoices();
