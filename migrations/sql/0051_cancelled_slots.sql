-- Why and by whom a slot was cancelled; nobody did if the minimum of guests was not reached.
ALTER TABLE slots ADD COLUMN cancelled_at timestamptz;
ALTER TABLE slots ADD COLUMN cancelled_by uuid;
ALTER TABLE slots ADD COLUMN cancel_reason text;
ALTER TABLE slots ADD CONSTRAINT slots_cancelled_by FOREIGN KEY (cancelled_by) REFERENCES accounts NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE slots VALIDATE CONSTRAINT slots_cancelled_by;
ALTER TABLE slots ADD CONSTRAINT slots_cancelled CHECK (
    (state = 'cancelled') = (cancelled_at IS NOT NULL) AND (state = 'cancelled') = (cancel_reason IS NOT NULL)
    AND (cancel_reason IN ('weather', 'host')) = (cancelled_by IS NOT NULL)
    AND cancel_reason IN ('weather', 'host', 'minimum')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE slots VALIDATE CONSTRAINT slots_cancelled;
-- The service looks for guests of cancelled slots whose money it has not given back yet.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX slot_reservations_booked ON slot_reservations (slot_id) WHERE state = 'booked';
GRANT UPDATE (cancelled_at, cancelled_by, cancel_reason) ON slots TO market_app;
