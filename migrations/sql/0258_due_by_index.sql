-- What the nightly jobs look for is found by an index, so that they read what is due, and not what there ever was.
-- Package: casework.
CREATE INDEX cases_ended ON cases (category, closed_at) WHERE state = 'closed' AND text_erased_at IS NULL;
-- Package: subsidies.
CREATE INDEX memberships_ended ON memberships (upper(valid_during)) WHERE upper(valid_during) IS NOT NULL;
-- Package: bookings.
CREATE INDEX taken_nights_of_host ON taken_nights (upper(nights)) WHERE booking_id IS NULL;
-- Package: slots.
DROP INDEX slot_reservations_booked;
CREATE INDEX slot_reservations_live ON slot_reservations (slot_id) WHERE state IN ('waiting', 'offered', 'booked');
-- Package: carriers.
DROP INDEX tracked_parcels_registered;
CREATE INDEX tracked_parcels_registered ON tracked_parcels (registered_at)
 WHERE state IN ('moving', 'unknown') AND next_at < 'infinity';
-- Package: storage.
CREATE INDEX certificates_by_photo ON certificates (photo_id) WHERE photo_id IS NOT NULL;
