-- Package: invoices.
-- Requests of orders that are not paid are few, and found by an index; the trigger that marks those that are due marks these.
ALTER TABLE invoice_requests ADD COLUMN paid boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN invoice_requests.paid IS 'Whether the order was paid: its details are kept longer.';
UPDATE invoice_requests SET paid = true
  FROM suborders JOIN orders ON orders.id = order_id
 WHERE suborders.id = suborder_id AND paid_at IS NOT NULL;
CREATE INDEX invoice_requests_unpaid ON invoice_requests (touched_at) WHERE title_sealed IS NOT NULL AND NOT paid;
GRANT INSERT (paid) ON invoice_requests TO market_app;
