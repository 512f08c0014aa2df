-- Package: slots.
-- A page of an activity's slots begins at any of them; those with a minimum are looked for by the minute.
CREATE INDEX slots_by_listing ON slots (listing_id, lower(during), id) WHERE listing_id IS NOT NULL;
CREATE INDEX slots_with_minimum ON slots (lower(during), id) WHERE state <> 'cancelled' AND minimum > 1;
