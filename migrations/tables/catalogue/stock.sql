-- available_units can be sold now; reserved_units are in unpaid orders.
CREATE TABLE lots (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    label text NOT NULL,
    unit text NOT NULL,
    available_units integer NOT NULL,
    reserved_units integer NOT NULL DEFAULT 0,
    sold_units integer NOT NULL DEFAULT 0,
    CONSTRAINT lots_available_not_negative CHECK (available_units >= 0),
    CONSTRAINT lots_reserved_not_negative CHECK (reserved_units >= 0),
    CONSTRAINT lots_sold_not_negative CHECK (sold_units >= 0),
    CONSTRAINT lots_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
) WITH (fillfactor='60');
CREATE INDEX lots_by_producer ON lots (producer_id);
GRANT SELECT, INSERT, UPDATE (available_units, reserved_units, sold_units) ON lots TO market_app;

-- Changes of a lot other than by orders, which order_lines records. The primary key applies a count, or the freed
-- units of an order, only once.
CREATE TABLE stock_moves (
    lot_id uuid NOT NULL,
    reason text NOT NULL,
    reference text NOT NULL,
    units integer NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT stock_moves_reason CHECK (reason IN ('count', 'cancelled', 'expired', 'returned')),
    CONSTRAINT stock_moves_unique PRIMARY KEY (lot_id, reason, reference),
    CONSTRAINT stock_moves_lot FOREIGN KEY (lot_id) REFERENCES lots(id)
);
GRANT SELECT, INSERT ON stock_moves TO market_app;
