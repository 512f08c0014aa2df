-- Package: procurement.
-- 红字发票: what came back after a purchase was invoiced and paid is taken off its invoice again, by one red-letter invoice or
-- several. The quota is restored by the refund and does not wait for them.
ALTER TABLE procurements
    ADD COLUMN returned_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN reduced_fen bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT procurements_returned CHECK (
        returned_fen >= 0 AND (returned_fen = 0 OR (paid_at IS NOT NULL AND returned_fen <= accepted_fen))) NOT VALID,
    ADD CONSTRAINT procurements_reduced CHECK (reduced_fen BETWEEN 0 AND returned_fen) NOT VALID;
ALTER TABLE procurements VALIDATE CONSTRAINT procurements_returned;
ALTER TABLE procurements VALIDATE CONSTRAINT procurements_reduced;
COMMENT ON COLUMN procurements.returned_fen IS 'What was refunded after the payment.';
COMMENT ON COLUMN procurements.reduced_fen IS 'What red-letter invoices took off the invoice.';

CREATE TABLE procurement_red_letters (
    order_id    uuid NOT NULL CONSTRAINT procurement_red_letters_invoice REFERENCES procurement_invoices,
    producer_id uuid NOT NULL CONSTRAINT procurement_red_letters_producer REFERENCES producers,
    number      text NOT NULL CONSTRAINT procurement_red_letters_number CHECK (number ~ '^[0-9]{20}$'),
    issued_on   date NOT NULL CONSTRAINT procurement_red_letters_year CHECK (
        left(number, 2) = right(extract(year FROM issued_on)::text, 2)),
    fen         bigint NOT NULL CONSTRAINT procurement_red_letters_amount CHECK (fen > 0),
    recorded_by uuid NOT NULL CONSTRAINT procurement_red_letters_recorder REFERENCES accounts,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT procurement_red_letters_pkey PRIMARY KEY (producer_id, number)
);
CREATE INDEX procurement_red_letters_by_order ON procurement_red_letters (order_id);
CREATE INDEX procurement_red_letters_by_recorder ON procurement_red_letters (recorded_by);
ALTER TABLE procurement_red_letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY procurement_red_letters_visible ON procurement_red_letters TO market_app USING (
    EXISTS (SELECT FROM procurements p WHERE p.order_id = procurement_red_letters.order_id));
GRANT SELECT, INSERT ON procurement_red_letters TO market_app;
