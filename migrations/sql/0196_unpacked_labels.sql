-- Package: trace.
-- A label that was said to be on what an order line sends and was taken off again before the parcel was sent: who said so when,
-- who took it off when. The rows stay.
CREATE TABLE unpacked_labels (
    id            uuid NOT NULL DEFAULT uuidv7() CONSTRAINT unpacked_labels_pkey PRIMARY KEY,
    lot_id        uuid NOT NULL,
    serial        integer NOT NULL,
    order_line_id uuid NOT NULL CONSTRAINT unpacked_labels_line REFERENCES order_lines,
    packed_by     uuid NOT NULL CONSTRAINT unpacked_labels_packer REFERENCES accounts,
    packed_at     timestamptz NOT NULL,
    unpacked_by   uuid NOT NULL CONSTRAINT unpacked_labels_unpacker REFERENCES accounts,
    unpacked_at   timestamptz NOT NULL,
    CONSTRAINT unpacked_labels_label FOREIGN KEY (lot_id, serial) REFERENCES labels,
    CONSTRAINT unpacked_labels_times CHECK (unpacked_at >= packed_at)
);
CREATE INDEX unpacked_labels_by_label ON unpacked_labels (lot_id, serial);
CREATE INDEX unpacked_labels_by_line ON unpacked_labels (order_line_id);
CREATE INDEX unpacked_labels_by_packer ON unpacked_labels (packed_by);
CREATE INDEX unpacked_labels_by_unpacker ON unpacked_labels (unpacked_by);
GRANT SELECT, INSERT (lot_id, serial, order_line_id, unpacked_by, unpacked_at) ON unpacked_labels TO market_app;
CREATE TRIGGER unpacked_labels_move BEFORE INSERT ON unpacked_labels
    FOR EACH ROW EXECUTE FUNCTION unpack_label();
