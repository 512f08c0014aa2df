-- The guests whom a host registered at check-in, encrypted, until the day on which they are deleted.
CREATE TABLE stay_guests (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    booking_id    uuid NOT NULL CONSTRAINT stay_guests_booking REFERENCES bookings,
    document      text NOT NULL CONSTRAINT stay_guests_document CHECK (document IN ('identity', 'permit', 'passport')),
    guest_sealed  bytea NOT NULL,
    registered_by uuid NOT NULL CONSTRAINT stay_guests_registered_by REFERENCES accounts,
    registered_at timestamptz NOT NULL,
    delete_on     date NOT NULL
);
CREATE INDEX stay_guests_by_booking ON stay_guests (booking_id);
CREATE INDEX stay_guests_by_day ON stay_guests (delete_on);
GRANT SELECT, INSERT (booking_id, document, guest_sealed, registered_by, registered_at, delete_on), DELETE
    ON stay_guests TO market_app;
