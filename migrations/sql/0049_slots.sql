-- Places from one time to another. Each kind names what it belongs to: an activity its listing.
CREATE TABLE slots (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    kind       text NOT NULL DEFAULT 'activity' CONSTRAINT slots_kind CHECK (kind = 'activity'),
    listing_id uuid CONSTRAINT slots_listing REFERENCES listings,
    during     tstzrange NOT NULL,
    capacity   integer NOT NULL CONSTRAINT slots_capacity CHECK (capacity BETWEEN 1 AND 5000),
    minimum    integer NOT NULL DEFAULT 1,
    free       integer NOT NULL,
    state      text NOT NULL DEFAULT 'open' CONSTRAINT slots_state CHECK (state IN ('open', 'closed', 'cancelled')),
    CONSTRAINT slots_activity CHECK ((kind = 'activity') = (listing_id IS NOT NULL)),
    CONSTRAINT slots_during CHECK (upper(during) - lower(during) BETWEEN '15 minutes' AND '24 hours'),
    CONSTRAINT slots_minimum CHECK (minimum BETWEEN 1 AND capacity),
    CONSTRAINT slots_free CHECK (free BETWEEN 0 AND capacity),
    CONSTRAINT slots_no_overlap EXCLUDE USING gist (listing_id WITH =, during WITH &&) WHERE (state <> 'cancelled')
);
GRANT SELECT, INSERT (listing_id, during, capacity, minimum, free), UPDATE (free, state) ON slots TO market_app;

-- The places of a suborder in a slot; `missed` is a guest who did not come, whose places stay taken.
CREATE TABLE slot_reservations (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    slot_id     uuid NOT NULL CONSTRAINT slot_reservations_slot REFERENCES slots,
    suborder_id uuid NOT NULL CONSTRAINT slot_reservations_suborder REFERENCES suborders
        CONSTRAINT slot_reservations_once UNIQUE,
    party       integer NOT NULL CONSTRAINT slot_reservations_party CHECK (party > 0),
    state       text NOT NULL DEFAULT 'reserved' CONSTRAINT slot_reservations_state CHECK (
        state IN ('reserved', 'booked', 'attended', 'missed', 'cancelled', 'expired')),
    code_hash   bytea,
    code_sealed bytea,
    attended_at timestamptz,
    CONSTRAINT slot_reservations_attended CHECK ((state = 'attended') = (attended_at IS NOT NULL))
);
CREATE INDEX slot_reservations_by_slot ON slot_reservations (slot_id);
CREATE UNIQUE INDEX slot_reservations_code_unique ON slot_reservations (code_hash) WHERE state = 'booked';
GRANT SELECT, INSERT (slot_id, suborder_id, party), UPDATE (state, code_hash, code_sealed, attended_at)
    ON slot_reservations TO market_app;

CREATE CONSTRAINT TRIGGER slots_places AFTER INSERT OR UPDATE ON slots
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_slot_places();
CREATE CONSTRAINT TRIGGER slot_reservations_places AFTER INSERT OR UPDATE ON slot_reservations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_slot_places();
CREATE CONSTRAINT TRIGGER slot_reservations_of_activity AFTER INSERT ON slot_reservations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_activity_slot();
CREATE CONSTRAINT TRIGGER suborders_with_slot AFTER INSERT ON suborders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'activity') EXECUTE FUNCTION check_activity_slot();

ALTER TABLE cart_lines ADD COLUMN slot_id uuid;
ALTER TABLE cart_lines ADD CONSTRAINT cart_lines_slot FOREIGN KEY (slot_id) REFERENCES slots NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE cart_lines VALIDATE CONSTRAINT cart_lines_slot;
GRANT UPDATE (slot_id) ON cart_lines TO market_app;

-- The places of an activity are those of its slots: it has no stock.
UPDATE variants SET lot_id = NULL
  FROM listings WHERE listings.id = listing_id AND listings.kind = 'activity' AND lot_id IS NOT NULL;
