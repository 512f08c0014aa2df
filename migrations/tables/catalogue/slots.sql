-- Places from one time to another. Each kind names what it belongs to: an activity its listing.
CREATE TABLE slots (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL DEFAULT 'activity',
    listing_id uuid,
    during tstzrange NOT NULL,
    capacity integer NOT NULL,
    minimum integer NOT NULL DEFAULT 1,
    free integer NOT NULL,
    state text NOT NULL DEFAULT 'open',
    -- Why and by whom a slot was cancelled; nobody did if the minimum of guests was not reached.
    cancelled_at timestamptz,
    cancelled_by uuid,
    cancel_reason text,
    village_code text,
    room text,
    -- A cancelled slot is of no village: its code may end.
    held_during daterange GENERATED ALWAYS AS (
CASE
    WHEN ((state <> 'cancelled')
        AND (village_code IS NOT NULL)) THEN daterange(((lower(during) AT TIME ZONE 'Asia/Shanghai'))::date,
        ((lower(during) AT TIME ZONE 'Asia/Shanghai'))::date, '[]')
    ELSE NULL::daterange
END) STORED,
    -- The slots whose persons are still to be forgotten, by their end: the nightly job reads no others.
    forgotten boolean NOT NULL DEFAULT false,
    CONSTRAINT slots_activity CHECK ((kind = 'activity') = (listing_id IS NOT NULL)),
    CONSTRAINT slots_cancelled CHECK (((state = 'cancelled') = (cancelled_at IS NOT NULL))
        AND ((state = 'cancelled') = (cancel_reason IS NOT NULL))
        AND ((cancel_reason IN ('weather', 'host')) = (cancelled_by IS NOT NULL))
        AND (cancel_reason IN ('weather', 'host', 'minimum', 'village'))),
    CONSTRAINT slots_capacity CHECK (capacity BETWEEN 1 AND 5000),
    CONSTRAINT slots_during CHECK (((upper(during) - lower(during)) >= '00:15:00'::interval)
        AND ((upper(during) - lower(during)) <= '24:00:00'::interval)),
    CONSTRAINT slots_free CHECK (free BETWEEN 0 AND capacity),
    CONSTRAINT slots_kind CHECK (kind IN ('activity', 'course', 'clinic')),
    CONSTRAINT slots_minimum CHECK (minimum BETWEEN 1 AND capacity),
    CONSTRAINT slots_room CHECK (((kind = 'activity') = (village_code IS NULL))
        AND ((village_code IS NULL) = (room IS NULL)) AND (length(room) BETWEEN 1 AND 40)),
    CONSTRAINT slots_state CHECK (state IN ('open', 'closed', 'cancelled')),
    CONSTRAINT slots_no_overlap EXCLUDE USING gist (listing_id WITH =, during WITH &&) WHERE ((state <> 'cancelled')),
    CONSTRAINT slots_of_kind UNIQUE (id, kind),
    CONSTRAINT slots_one_room EXCLUDE USING gist (village_code WITH =, room WITH =, during WITH &&)
        WHERE ((state <> 'cancelled')),
    CONSTRAINT slots_cancelled_by FOREIGN KEY (cancelled_by) REFERENCES accounts(id),
    CONSTRAINT slots_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT slots_village FOREIGN KEY (village_code, PERIOD held_during)
        REFERENCES village_periods(code, PERIOD valid_during)
);
-- A page of an activity's slots begins at any of them; those with a minimum are looked for by the minute.
CREATE INDEX slots_by_listing ON slots (listing_id, lower(during), id) WHERE (listing_id IS NOT NULL);
CREATE INDEX slots_by_village ON slots (village_code, lower(during)) WHERE (village_code IS NOT NULL);
CREATE INDEX slots_to_forget ON slots (kind, upper(during), id) WHERE ((kind <> 'activity') AND (NOT forgotten));
CREATE INDEX slots_with_minimum ON slots (lower(during), id) WHERE ((state <> 'cancelled') AND (minimum > 1));
CREATE CONSTRAINT TRIGGER slots_places AFTER INSERT OR UPDATE ON slots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_slot_places();
GRANT SELECT, INSERT (kind, listing_id, during, capacity, minimum, free, village_code, room), UPDATE (free, state,
    cancelled_at, cancelled_by, cancel_reason, forgotten) ON slots TO market_app;

-- The places of a suborder in a slot; `missed` is a guest who did not come, whose places stay taken.
CREATE TABLE slot_reservations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    slot_id uuid NOT NULL,
    suborder_id uuid,
    party integer NOT NULL,
    state text NOT NULL DEFAULT 'reserved',
    code_hash bytea,
    code_sealed bytea,
    attended_at timestamptz,
    account_id uuid,
    signed_up_by uuid,
    name_sealed bytea,
    name_index bytea,
    joined_at timestamptz,
    offered_until timestamptz,
    CONSTRAINT slot_reservations_attended CHECK ((state = 'attended') = (attended_at IS NOT NULL)),
    CONSTRAINT slot_reservations_name CHECK ((name_sealed IS NULL) = (name_index IS NULL)),
    CONSTRAINT slot_reservations_offered CHECK ((state = 'offered') = (offered_until IS NOT NULL)),
    CONSTRAINT slot_reservations_party CHECK (party > 0),
    -- Who came is forgotten in time, who is to come is not.
    CONSTRAINT slot_reservations_seat CHECK (
CASE
    WHEN (suborder_id IS NULL) THEN ((party = 1)
        AND (joined_at IS NOT NULL) AND (state <> 'reserved') AND (((num_nonnulls(account_id, name_sealed) = 1)
        AND (signed_up_by IS NOT NULL)) OR ((num_nonnulls(account_id, name_sealed, signed_up_by) = 0)
        AND (state <> ALL (ARRAY['waiting', 'offered', 'booked'])))))
    ELSE ((num_nonnulls(account_id, name_sealed,
        signed_up_by, joined_at) = 0) AND (state <> ALL (ARRAY['waiting', 'offered'])))
END),
    CONSTRAINT slot_reservations_state
        CHECK (state IN ('waiting', 'offered', 'reserved', 'booked', 'attended', 'missed', 'cancelled', 'expired')),
    CONSTRAINT slot_reservations_once UNIQUE (suborder_id),
    CONSTRAINT slot_reservations_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT slot_reservations_signer FOREIGN KEY (signed_up_by) REFERENCES accounts(id),
    CONSTRAINT slot_reservations_slot FOREIGN KEY (slot_id) REFERENCES slots(id)
);
CREATE INDEX slot_reservations_by_account ON slot_reservations (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX slot_reservations_by_signer ON slot_reservations (signed_up_by) WHERE (signed_up_by IS NOT NULL);
CREATE INDEX slot_reservations_by_slot ON slot_reservations (slot_id);
CREATE UNIQUE INDEX slot_reservations_code_unique ON slot_reservations (code_hash) WHERE (state = 'booked');
CREATE INDEX slot_reservations_lapsing ON slot_reservations (offered_until) WHERE (state = 'offered');
CREATE INDEX slot_reservations_live ON slot_reservations (slot_id) WHERE (state IN ('waiting', 'offered', 'booked'));
CREATE UNIQUE INDEX slot_reservations_one_account ON slot_reservations (slot_id, account_id)
    WHERE ((account_id IS NOT NULL) AND (state <> ALL (ARRAY['cancelled', 'expired'])));
CREATE UNIQUE INDEX slot_reservations_one_name ON slot_reservations (slot_id, name_index)
    WHERE ((name_index IS NOT NULL) AND (state <> ALL (ARRAY['cancelled', 'expired'])));
CREATE CONSTRAINT TRIGGER slot_reservations_of_activity AFTER INSERT ON slot_reservations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_activity_slot();
CREATE CONSTRAINT TRIGGER slot_reservations_places AFTER INSERT
    OR UPDATE ON slot_reservations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_slot_places();
GRANT SELECT, INSERT (slot_id, suborder_id, party, state, account_id, signed_up_by, name_sealed, name_index,
    joined_at), UPDATE (state, code_hash, code_sealed, attended_at, account_id, signed_up_by, name_sealed, name_index,
    offered_until) ON slot_reservations TO market_app;
