-- A refund that waits for a second person is brought before finance after three days, and lapses after seven.
ALTER TABLE refund_requests ADD COLUMN escalated_at timestamptz;
-- The wider constraint follows in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE refund_requests DROP CONSTRAINT refund_requests_lapse_reason;
ALTER TABLE refund_requests ADD CONSTRAINT refund_requests_lapse_reason
    CHECK (lapse_reason IN ('cancelled', 'disputed', 'refunded', 'expired')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE refund_requests VALIDATE CONSTRAINT refund_requests_lapse_reason;
GRANT UPDATE (escalated_at) ON refund_requests TO market_app;
