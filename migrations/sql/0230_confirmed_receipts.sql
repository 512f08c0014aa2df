-- Package: procurement.
-- A transfer pays once a second person found it in the bank's statement: who records one could else have money paid out that never
-- came. Purchases that were paid before this have no such person.
ALTER TABLE bank_receipts
    ADD COLUMN confirmed_by uuid CONSTRAINT bank_receipts_confirmer REFERENCES accounts,
    ADD COLUMN confirmed_at timestamptz,
    ADD CONSTRAINT bank_receipts_confirmed CHECK (
        (confirmed_by IS NULL) = (confirmed_at IS NULL) AND confirmed_by <> recorded_by
        AND (order_id IS NULL OR confirmed_at IS NOT NULL)) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE bank_receipts DROP CONSTRAINT bank_receipts_problem_known;
ALTER TABLE bank_receipts ADD CONSTRAINT bank_receipts_problem_known CHECK (
    problem IN ('unconfirmed', 'unknown_code', 'wrong_amount', 'not_invoiced', 'paid_before')) NOT VALID;
ALTER TABLE bank_receipts VALIDATE CONSTRAINT bank_receipts_problem_known;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX bank_receipts_by_confirmer ON bank_receipts (confirmed_by) WHERE confirmed_by IS NOT NULL;
UPDATE bank_receipts SET problem = 'unconfirmed' WHERE order_id IS NULL AND closed_at IS NULL;
