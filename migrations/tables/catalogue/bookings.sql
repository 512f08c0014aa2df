CREATE TABLE bookings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    line_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    room_id uuid NOT NULL,
    nights daterange NOT NULL,
    amount_fen bigint NOT NULL,
    state text NOT NULL DEFAULT 'reserved',
    code_hash bytea,
    code_sealed bytea,
    arrived_at timestamptz,
    CONSTRAINT bookings_amount CHECK (amount_fen > 0),
    CONSTRAINT bookings_nights CHECK (NOT isempty(nights)),
    CONSTRAINT bookings_state CHECK (state IN ('reserved', 'booked', 'arrived', 'cancelled', 'expired')),
    CONSTRAINT bookings_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT bookings_room FOREIGN KEY (room_id) REFERENCES rooms(id)
);
CREATE INDEX bookings_by_listing ON bookings (listing_id, nights);
CREATE INDEX bookings_by_suborder ON bookings (suborder_id);
CREATE UNIQUE INDEX bookings_code_unique ON bookings (code_hash) WHERE (state = 'booked');
GRANT SELECT, INSERT, UPDATE (room_id, state, code_hash, code_sealed, arrived_at) ON bookings TO market_app;

-- The nights of rooms that are reserved or booked. A row is deleted when its booking is cancelled or expires.
CREATE TABLE taken_nights (
    room_id uuid NOT NULL,
    nights daterange NOT NULL,
    booking_id uuid,
    -- A row without a booking is a night that the host closed, or the nights of a guest who did not order here.
    guest_sealed bytea,
    CONSTRAINT taken_nights_guest_without_booking CHECK ((guest_sealed IS NULL) OR (booking_id IS NULL)),
    CONSTRAINT taken_nights_not_empty CHECK (NOT isempty(nights)),
    CONSTRAINT taken_nights_no_overlap PRIMARY KEY (room_id, nights WITHOUT OVERLAPS),
    CONSTRAINT taken_nights_booking FOREIGN KEY (booking_id) REFERENCES bookings(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT taken_nights_room FOREIGN KEY (room_id) REFERENCES rooms(id)
);
CREATE UNIQUE INDEX taken_nights_by_booking ON taken_nights (booking_id);
CREATE INDEX taken_nights_of_host ON taken_nights (upper(nights)) WHERE (booking_id IS NULL);
GRANT SELECT, INSERT, DELETE ON taken_nights TO market_app;

CREATE TABLE booked_nights (
    booking_id uuid NOT NULL,
    night date NOT NULL,
    price_fen bigint NOT NULL,
    CONSTRAINT booked_nights_price CHECK (price_fen > 0),
    CONSTRAINT booked_nights_unique PRIMARY KEY (booking_id, night),
    CONSTRAINT booked_nights_booking FOREIGN KEY (booking_id) REFERENCES bookings(id)
);
GRANT SELECT, INSERT ON booked_nights TO market_app;
