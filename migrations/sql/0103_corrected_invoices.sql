-- A mistyped number of a recorded invoice is corrected as a new version: what it was stays, and is shown.
CREATE TABLE invoice_versions (
    invoice_id   uuid NOT NULL CONSTRAINT invoice_versions_invoice REFERENCES invoices,
    version      smallint NOT NULL CONSTRAINT invoice_versions_number CHECK (version BETWEEN 1 AND 3),
    number       text NOT NULL,
    recorded_by  uuid NOT NULL CONSTRAINT invoice_versions_recorder REFERENCES accounts,
    recorded_at  timestamptz NOT NULL,
    corrected_at timestamptz NOT NULL,
    CONSTRAINT invoice_versions_key PRIMARY KEY (invoice_id, version)
);
ALTER TABLE invoice_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY invoice_versions_visible ON invoice_versions TO market_app
    USING (EXISTS (SELECT FROM invoices WHERE invoices.id = invoice_id));
GRANT SELECT ON invoice_versions TO market_app;
ALTER TABLE invoices ADD COLUMN version smallint NOT NULL DEFAULT 1
    CONSTRAINT invoices_version CHECK (version BETWEEN 1 AND 4);
GRANT UPDATE (number, recorded_by, recorded_at) ON invoices TO market_app;

-- What a lost dispute took of a suborder's money: it went back to the buyer without a refund.
ALTER TABLE suborders ADD COLUMN lost_fen bigint NOT NULL DEFAULT 0
    CONSTRAINT suborders_lost CHECK (lost_fen BETWEEN 0 AND goods_fen + freight_fen);
GRANT UPDATE (lost_fen) ON suborders TO market_app;
CREATE TRIGGER suborders_lost_invoiced AFTER UPDATE OF lost_fen ON suborders
    FOR EACH ROW WHEN (NEW.lost_fen <> OLD.lost_fen) EXECUTE FUNCTION mark_invoice_changed();
CREATE TRIGGER invoices_versions BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION keep_invoice_version();
