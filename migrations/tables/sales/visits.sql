-- New days for a booked stay, as the buyer asks for them or the host offers them.
CREATE TABLE booking_changes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    proposed_by text NOT NULL,
    nights daterange NOT NULL,
    old_nights daterange NOT NULL,
    paid_fen bigint NOT NULL,
    price_fen bigint NOT NULL,
    state text NOT NULL DEFAULT 'proposed',
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT booking_changes_ended CHECK ((state = 'proposed') = (ended_at IS NULL)),
    CONSTRAINT booking_changes_nights CHECK (NOT isempty(nights)),
    CONSTRAINT booking_changes_other_nights CHECK (nights <> old_nights),
    CONSTRAINT booking_changes_price CHECK (price_fen BETWEEN 1 AND paid_fen),
    CONSTRAINT booking_changes_proposed_by CHECK (proposed_by IN ('buyer', 'host')),
    CONSTRAINT booking_changes_state CHECK (state IN ('proposed', 'done', 'declined', 'withdrawn', 'lapsed')),
    CONSTRAINT booking_changes_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX booking_changes_by_suborder ON booking_changes (suborder_id);
CREATE INDEX booking_changes_due ON booking_changes (expires_at) WHERE (state = 'proposed');
CREATE UNIQUE INDEX booking_changes_one_open ON booking_changes (suborder_id) WHERE (state = 'proposed');
GRANT SELECT, INSERT (suborder_id, proposed_by, nights, old_nights, paid_fen, price_fen, proposed_at, expires_at),
    UPDATE (state, ended_at) ON booking_changes TO market_app;

-- The secret address of a producer's calendar; only the hash of its secret is stored. Without a row there is none.
CREATE TABLE calendar_feeds (
    producer_id uuid PRIMARY KEY,
    secret_hash bytea NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT calendar_feeds_secret_length CHECK (length(secret_hash) = 32),
    CONSTRAINT calendar_feeds_secret_unique UNIQUE (secret_hash),
    CONSTRAINT calendar_feeds_created_by FOREIGN KEY (created_by) REFERENCES accounts(id),
    CONSTRAINT calendar_feeds_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
GRANT SELECT, INSERT, DELETE, UPDATE (secret_hash, created_by, created_at) ON calendar_feeds TO market_app;

-- Codes that a host's phone checked without a network, as it uploads them later: what it did, even if it was wrong.
CREATE TABLE check_in_scans (
    nonce uuid PRIMARY KEY,
    producer_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    outcome text NOT NULL,
    shown_at timestamptz NOT NULL,
    uploaded_at timestamptz NOT NULL,
    uploaded_by uuid NOT NULL,
    CONSTRAINT check_in_scans_outcome CHECK (outcome IN ('admitted', 'again', 'cancelled', 'outside')),
    CONSTRAINT check_in_scans_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT check_in_scans_uploaded_by FOREIGN KEY (uploaded_by) REFERENCES accounts(id)
);
CREATE INDEX check_in_scans_by_producer ON check_in_scans (producer_id, uploaded_at);
CREATE INDEX check_in_scans_by_time ON check_in_scans USING brin (uploaded_at);
CREATE INDEX check_in_scans_by_visit ON check_in_scans (visit_id);
GRANT SELECT, INSERT, DELETE ON check_in_scans TO market_app;

-- A host cancels a paid stay: why, and whether its nights were closed. The guest gets everything back.
CREATE TABLE stay_cancellations (
    suborder_id uuid PRIMARY KEY,
    reason text NOT NULL,
    closed boolean NOT NULL,
    cancelled_by uuid NOT NULL,
    cancelled_at timestamptz NOT NULL,
    CONSTRAINT stay_cancellations_reason CHECK (reason IN ('weather', 'repair', 'double', 'host')),
    CONSTRAINT stay_cancellations_host FOREIGN KEY (cancelled_by) REFERENCES accounts(id),
    CONSTRAINT stay_cancellations_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE CONSTRAINT TRIGGER stay_cancellations_whole AFTER INSERT ON stay_cancellations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_stay_cancellation();
GRANT SELECT, INSERT ON stay_cancellations TO market_app;

-- The guests whom a host registered at check-in, encrypted, until the day on which they are deleted.
CREATE TABLE stay_guests (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    booking_id uuid NOT NULL,
    document text NOT NULL,
    guest_sealed bytea NOT NULL,
    registered_by uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    delete_on date NOT NULL,
    CONSTRAINT stay_guests_document CHECK (document IN ('identity', 'permit', 'passport')),
    CONSTRAINT stay_guests_booking FOREIGN KEY (booking_id) REFERENCES bookings(id),
    CONSTRAINT stay_guests_registered_by FOREIGN KEY (registered_by) REFERENCES accounts(id)
);
CREATE INDEX stay_guests_by_booking ON stay_guests (booking_id);
CREATE INDEX stay_guests_by_day ON stay_guests (delete_on);
GRANT SELECT, DELETE, INSERT (booking_id, document, guest_sealed, registered_by, registered_at,
    delete_on) ON stay_guests TO market_app;
