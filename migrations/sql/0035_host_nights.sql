-- A row without a booking is a night that the host closed, or the nights of a guest who did not order here.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE taken_nights ADD COLUMN guest_sealed bytea
    CONSTRAINT taken_nights_guest_without_booking CHECK (guest_sealed IS NULL OR booking_id IS NULL);
