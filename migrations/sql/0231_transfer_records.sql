-- Package: orders.
-- Who found the bank transfer of an order in the bank's statement, and under which number: it counts once two people did, under one.
CREATE TABLE transfer_records (
    id          uuid DEFAULT uuidv7() CONSTRAINT transfer_records_pkey PRIMARY KEY,
    order_id    uuid NOT NULL CONSTRAINT transfer_records_order REFERENCES orders,
    reference   text NOT NULL CONSTRAINT transfer_records_reference CHECK (length(reference) BETWEEN 1 AND 200),
    recorded_by uuid CONSTRAINT transfer_records_recorder REFERENCES accounts,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT transfer_records_once UNIQUE NULLS NOT DISTINCT (order_id, reference, recorded_by)
);
COMMENT ON COLUMN transfer_records.recorded_by IS 'Null is the operator of the system at the command line.';
CREATE INDEX transfer_records_by_recorder ON transfer_records (recorded_by) WHERE recorded_by IS NOT NULL;
GRANT SELECT, INSERT (order_id, reference, recorded_by, recorded_at) ON transfer_records TO market_app;
