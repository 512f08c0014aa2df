-- Package: procurement.
-- A purchase is paid by one transfer or by several that add up to its invoice; a transfer that pays nothing is sent back, or was a
-- mistake of whoever recorded it. Nothing counts before the bank received what was invoiced: `paid_fen` is set by the match alone.
ALTER TABLE procurements
    -- squawk-ignore adding-field-with-default
    ADD COLUMN paid_fen bigint GENERATED ALWAYS AS (CASE WHEN paid_at IS NOT NULL THEN accepted_fen END) STORED,
    -- squawk-ignore disallowed-unique-constraint
    ADD CONSTRAINT procurements_paid_once UNIQUE (order_id, paid_fen);
COMMENT ON COLUMN procurements.paid_fen IS 'What the bank received: the sum of its transfers.';

-- squawk-ignore ban-drop-constraint
ALTER TABLE quota_entries DROP CONSTRAINT quota_entries_spent;
ALTER TABLE quota_entries ADD CONSTRAINT quota_entries_spent
    FOREIGN KEY (order_id, spent_fen) REFERENCES procurements (order_id, paid_fen) NOT VALID;
ALTER TABLE quota_entries VALIDATE CONSTRAINT quota_entries_spent;

-- squawk-ignore ban-drop-constraint
ALTER TABLE bank_receipts
    DROP CONSTRAINT bank_receipts_invoiced,
    DROP CONSTRAINT bank_receipts_fen,
    DROP CONSTRAINT bank_receipts_one_order,
    DROP CONSTRAINT bank_receipts_once,
    ADD COLUMN closed_as text CONSTRAINT bank_receipts_closed_as CHECK (closed_as IN ('returned', 'mistaken')),
    ADD COLUMN closed_note text CONSTRAINT bank_receipts_closed_note CHECK (length(closed_note) BETWEEN 1 AND 200),
    ADD COLUMN returned_on date,
    ADD COLUMN closed_by uuid CONSTRAINT bank_receipts_closer REFERENCES accounts,
    ADD COLUMN closed_at timestamptz;
ALTER TABLE bank_receipts
    ADD CONSTRAINT bank_receipts_invoiced FOREIGN KEY (order_id) REFERENCES procurement_invoices NOT VALID,
    ADD CONSTRAINT bank_receipts_closed CHECK (
        num_nulls(closed_as, closed_note, closed_by, closed_at) IN (0, 4) AND (closed_at IS NULL OR order_id IS NULL)
        AND (returned_on IS NOT NULL) = (closed_as IS NOT DISTINCT FROM 'returned') AND returned_on >= received_on) NOT VALID;
ALTER TABLE bank_receipts VALIDATE CONSTRAINT bank_receipts_invoiced;
ALTER TABLE bank_receipts VALIDATE CONSTRAINT bank_receipts_closed;
COMMENT ON COLUMN bank_receipts.closed_note IS 'Of a transfer that was sent back the bank''s number of that, of a mistake what was wrong.';

-- What was recorded by mistake is recorded again under the bank's number.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX bank_receipts_once ON bank_receipts (reference) WHERE closed_as IS DISTINCT FROM 'mistaken';
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX bank_receipts_returned_once ON bank_receipts (closed_note) WHERE closed_as = 'returned';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX bank_receipts_by_order ON bank_receipts (order_id) WHERE order_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX bank_receipts_by_closer ON bank_receipts (closed_by) WHERE closed_by IS NOT NULL;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX bank_receipts_by_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX bank_receipts_by_code ON bank_receipts (payer_code) WHERE order_id IS NULL AND closed_at IS NULL;
