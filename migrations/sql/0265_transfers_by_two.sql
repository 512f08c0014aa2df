-- Package: orders.
-- A refund that is paid by bank transfer counts as a payment by bank transfer does: once two people found it in the bank's statement.
-- The schema holds both, whoever books them.
ALTER TABLE transfer_records
    -- squawk-ignore adding-foreign-key-constraint
    ADD COLUMN refund_id uuid CONSTRAINT transfer_records_refund REFERENCES payments.refunds,
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT transfer_records_once,
    -- squawk-ignore disallowed-unique-constraint
    ADD CONSTRAINT transfer_records_once UNIQUE NULLS NOT DISTINCT (order_id, reference, recorded_by, refund_id);
COMMENT ON COLUMN transfer_records.refund_id IS 'The refund that was paid by the transfer; null of a transfer that pays the order.';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX transfer_records_by_refund ON transfer_records (refund_id) WHERE refund_id IS NOT NULL;
GRANT INSERT (refund_id) ON transfer_records TO market_app;
