-- Package: trace.
-- A label that was put on what an order line sends: harvested, labelled, sold. It is put on one line, once.
CREATE TABLE packed_labels (
    lot_id        uuid NOT NULL,
    serial        integer NOT NULL,
    order_line_id uuid NOT NULL CONSTRAINT packed_labels_line REFERENCES order_lines,
    packed_by     uuid NOT NULL CONSTRAINT packed_labels_packer REFERENCES accounts,
    packed_at     timestamptz NOT NULL,
    CONSTRAINT packed_labels_pkey PRIMARY KEY (lot_id, serial),
    CONSTRAINT packed_labels_label FOREIGN KEY (lot_id, serial) REFERENCES labels
);
CREATE INDEX packed_labels_by_line ON packed_labels (order_line_id);
CREATE INDEX packed_labels_by_packer ON packed_labels (packed_by);
GRANT SELECT, INSERT ON packed_labels TO market_app;
CREATE TRIGGER packed_labels_of_seller BEFORE INSERT ON packed_labels
    FOR EACH ROW EXECUTE FUNCTION check_packed_label();
