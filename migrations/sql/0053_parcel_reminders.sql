-- The parcels that their seller was reminded of: on the day by which they are sent, and once after it.
CREATE TABLE parcel_reminders (
    suborder_id uuid NOT NULL CONSTRAINT parcel_reminders_suborder REFERENCES suborders,
    late        boolean NOT NULL,
    reminded_at timestamptz NOT NULL,
    CONSTRAINT parcel_reminders_unique PRIMARY KEY (suborder_id, late)
);
GRANT SELECT, INSERT ON parcel_reminders TO market_app;

-- A few thousand open parcels; the index of a million would be built in seconds, before the service starts.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX suborders_to_send ON suborders (order_id) WHERE state = 'paid' AND kind = 'goods';
