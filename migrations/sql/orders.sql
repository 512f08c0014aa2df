-- Carts, orders and their parts, the nights they book, refunds and reviews.

-- orders --------------------------------------------------------------------------------------------------------------

CREATE TABLE cart_lines (
    account_id uuid NOT NULL CONSTRAINT cart_lines_account REFERENCES accounts,
    variant_id uuid NOT NULL CONSTRAINT cart_lines_variant REFERENCES variants,
    quantity   integer NOT NULL CONSTRAINT cart_lines_quantity CHECK (quantity BETWEEN 1 AND 9999),
    added_at   timestamptz NOT NULL,
    CONSTRAINT cart_lines_unique PRIMARY KEY (account_id, variant_id)
);

CREATE TABLE cart_nights (
    account_id uuid NOT NULL CONSTRAINT cart_nights_account REFERENCES accounts,
    listing_id uuid NOT NULL CONSTRAINT cart_nights_listing REFERENCES listings,
    nights     daterange NOT NULL CONSTRAINT cart_nights_count CHECK (upper(nights) - lower(nights) BETWEEN 1 AND 30),
    rooms      smallint NOT NULL DEFAULT 1 CONSTRAINT cart_nights_rooms CHECK (rooms BETWEEN 1 AND 20),
    added_at   timestamptz NOT NULL,
    CONSTRAINT cart_nights_unique PRIMARY KEY (account_id, listing_id)
);

CREATE TABLE orders (
    id             uuid PRIMARY KEY,
    number         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT orders_number UNIQUE,
    buyer_id       uuid NOT NULL CONSTRAINT orders_buyer REFERENCES accounts,
    key            text NOT NULL CONSTRAINT orders_key_length CHECK (length(key) BETWEEN 1 AND 200),
    fingerprint    bytea NOT NULL,
    state          text NOT NULL DEFAULT 'placed' CONSTRAINT orders_state CHECK (state IN (
        'placed', 'paid', 'finished', 'cancelled', 'expired')),
    region_code    text NOT NULL CONSTRAINT orders_region CHECK (region_code ~ '^[0-9]{6}$'),
    address_sealed bytea NOT NULL,
    goods_fen      bigint NOT NULL CONSTRAINT orders_goods CHECK (goods_fen >= 0),
    freight_fen    bigint NOT NULL CONSTRAINT orders_freight CHECK (freight_fen >= 0),
    discount_fen   bigint NOT NULL DEFAULT 0 CONSTRAINT orders_discount CHECK (discount_fen BETWEEN 0 AND goods_fen),
    total_fen      bigint NOT NULL,
    method         text CONSTRAINT orders_method CHECK (method IN ('alipay', 'wechat', 'bank')),
    placed_at      timestamptz NOT NULL,
    pay_until      timestamptz NOT NULL,
    paid_at        timestamptz,
    closed_at      timestamptz,
    CONSTRAINT orders_total CHECK (total_fen = goods_fen + freight_fen - discount_fen AND total_fen > 0),
    CONSTRAINT orders_unique UNIQUE (buyer_id, key)
);
CREATE INDEX orders_by_buyer ON orders (buyer_id, number DESC);
CREATE INDEX orders_to_expire ON orders (pay_until) WHERE state = 'placed';
CREATE INDEX orders_unpaid ON orders (buyer_id) WHERE state = 'placed';

CREATE TABLE suborders (
    id            uuid PRIMARY KEY,
    order_id      uuid NOT NULL CONSTRAINT suborders_order REFERENCES orders,
    position      smallint NOT NULL,
    producer_id   uuid NOT NULL CONSTRAINT suborders_producer REFERENCES producers,
    kind          text NOT NULL CONSTRAINT suborders_kind CHECK (kind IN ('goods', 'stay', 'activity')),
    state         text NOT NULL DEFAULT 'placed' CONSTRAINT suborders_state CHECK (state IN (
        'placed', 'paid', 'shipped', 'received', 'cancelled', 'expired')),
    goods_fen     bigint NOT NULL CONSTRAINT suborders_goods CHECK (goods_fen >= 0),
    freight_fen   bigint NOT NULL CONSTRAINT suborders_freight CHECK (freight_fen >= 0),
    discount_fen  bigint NOT NULL DEFAULT 0 CONSTRAINT suborders_discount CHECK (discount_fen BETWEEN 0 AND goods_fen),
    refunded_fen  bigint NOT NULL DEFAULT 0
                  CONSTRAINT suborders_refund CHECK (refunded_fen BETWEEN 0 AND goods_fen + freight_fen - discount_fen),
    commission_bp integer NOT NULL CONSTRAINT suborders_commission CHECK (commission_bp BETWEEN 0 AND 10000),
    carrier       text,
    tracking      text CONSTRAINT suborders_tracking_length CHECK (length(tracking) BETWEEN 4 AND 40),
    shipped_at    timestamptz,
    received_at   timestamptz,
    closed_at     timestamptz,
    released_at   timestamptz,
    payable_fen   bigint CONSTRAINT suborders_payable CHECK (payable_fen >= 0),
    commission_fen bigint CONSTRAINT suborders_commission_amount CHECK (commission_fen >= 0),
    CONSTRAINT suborders_release_complete CHECK (
        (released_at IS NULL) = (payable_fen IS NULL) AND (released_at IS NULL) = (commission_fen IS NULL)),
    CONSTRAINT suborders_released_after_end CHECK (released_at IS NULL OR state IN ('received', 'cancelled')),
    CONSTRAINT suborders_position_unique UNIQUE (order_id, position),
    CONSTRAINT suborders_tracking_complete CHECK ((carrier IS NULL) = (tracking IS NULL))
);
CREATE INDEX suborders_by_producer ON suborders (producer_id, state, id);
CREATE INDEX suborders_in_transit ON suborders (shipped_at) WHERE state = 'shipped';
COMMENT ON COLUMN suborders.payable_fen IS
    'the producer''s share of the goods at the release of escrow, less later refunds';

CREATE TABLE order_lines (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL CONSTRAINT order_lines_suborder REFERENCES suborders,
    position    smallint NOT NULL,
    listing_id  uuid NOT NULL CONSTRAINT order_lines_listing REFERENCES listings,
    variant_id  uuid NOT NULL CONSTRAINT order_lines_variant REFERENCES variants,
    title       text NOT NULL,
    unit        text NOT NULL,
    quantity    integer NOT NULL CONSTRAINT order_lines_quantity CHECK (quantity BETWEEN 1 AND 9999),
    price_fen   bigint NOT NULL CONSTRAINT order_lines_price CHECK (price_fen > 0),
    amount_fen  bigint NOT NULL,
    lot_id      uuid CONSTRAINT order_lines_lot REFERENCES lots,
    units       integer NOT NULL DEFAULT 0 CONSTRAINT order_lines_units CHECK (units >= 0),
    refunded_fen bigint NOT NULL DEFAULT 0 CONSTRAINT order_lines_refund CHECK (refunded_fen BETWEEN 0 AND amount_fen),
    CONSTRAINT order_lines_position_unique UNIQUE (suborder_id, position)
);
CREATE INDEX order_lines_by_listing ON order_lines (listing_id);

CREATE TABLE bookings (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id   uuid NOT NULL CONSTRAINT bookings_suborder REFERENCES suborders,
    line_id       uuid NOT NULL CONSTRAINT bookings_line REFERENCES order_lines,
    listing_id    uuid NOT NULL CONSTRAINT bookings_listing REFERENCES listings,
    room_id       uuid NOT NULL CONSTRAINT bookings_room REFERENCES rooms,
    nights        daterange NOT NULL CONSTRAINT bookings_nights CHECK (NOT isempty(nights)),
    amount_fen    bigint NOT NULL CONSTRAINT bookings_amount CHECK (amount_fen > 0),
    state         text NOT NULL DEFAULT 'reserved' CONSTRAINT bookings_state CHECK (state IN (
        'reserved', 'booked', 'arrived', 'cancelled', 'expired')),
    code_hash     bytea,
    code_sealed   bytea,
    arrived_at    timestamptz
);
CREATE INDEX bookings_by_listing ON bookings (listing_id, nights);
CREATE INDEX bookings_by_suborder ON bookings (suborder_id);
CREATE UNIQUE INDEX bookings_code_unique ON bookings (code_hash) WHERE state = 'booked';

-- The nights of rooms that are reserved or booked. A row is deleted when its booking is cancelled or expires.
CREATE TABLE taken_nights (
    room_id    uuid NOT NULL CONSTRAINT taken_nights_room REFERENCES rooms,
    nights     daterange NOT NULL CONSTRAINT taken_nights_not_empty CHECK (NOT isempty(nights)),
    booking_id uuid CONSTRAINT taken_nights_booking REFERENCES bookings DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT taken_nights_no_overlap PRIMARY KEY (room_id, nights WITHOUT OVERLAPS)
);
CREATE UNIQUE INDEX taken_nights_by_booking ON taken_nights (booking_id);

CREATE TABLE booked_nights (
    booking_id uuid NOT NULL CONSTRAINT booked_nights_booking REFERENCES bookings,
    night      date NOT NULL,
    price_fen  bigint NOT NULL CONSTRAINT booked_nights_price CHECK (price_fen > 0),
    CONSTRAINT booked_nights_unique PRIMARY KEY (booking_id, night)
);

CREATE TABLE suborder_events (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL CONSTRAINT suborder_events_suborder REFERENCES suborders,
    state       text NOT NULL,
    actor       text NOT NULL,
    note        text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL
);
CREATE INDEX suborder_events_by_suborder ON suborder_events (suborder_id, id);
CREATE TRIGGER suborder_events_append_only BEFORE UPDATE OR DELETE ON suborder_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE CONSTRAINT TRIGGER orders_sum_up AFTER INSERT ON orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_order_sums();

-- aftersales ----------------------------------------------------------------------------------------------------------

CREATE TABLE line_refunds (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    line_id      uuid NOT NULL CONSTRAINT line_refunds_line REFERENCES order_lines,
    key          text NOT NULL,
    amount_fen   bigint NOT NULL CONSTRAINT line_refunds_amount CHECK (amount_fen > 0),
    reason       text NOT NULL CONSTRAINT line_refunds_reason CHECK (reason IN (
        'cancelled', 'bad_fruit', 'agreed', 'not_shipped')),
    requested_by uuid NOT NULL CONSTRAINT line_refunds_account REFERENCES accounts,
    note         text NOT NULL DEFAULT '',
    at           timestamptz NOT NULL,
    CONSTRAINT line_refunds_unique UNIQUE (line_id, key)
);

CREATE TABLE reviews (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL CONSTRAINT reviews_suborder REFERENCES suborders,
    listing_id  uuid NOT NULL CONSTRAINT reviews_listing REFERENCES listings,
    account_id  uuid NOT NULL CONSTRAINT reviews_account REFERENCES accounts,
    rating      smallint NOT NULL CONSTRAINT reviews_rating CHECK (rating BETWEEN 1 AND 5),
    text        text NOT NULL CONSTRAINT reviews_text_length CHECK (length(text) <= 500),
    answer      text CONSTRAINT reviews_answer_length CHECK (length(answer) <= 500),
    at          timestamptz NOT NULL,
    CONSTRAINT reviews_purchase_unique UNIQUE (suborder_id, listing_id)
);
CREATE INDEX reviews_by_listing ON reviews (listing_id, id DESC);
CREATE FUNCTION refuse_review_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' OR old.answer IS NOT NULL
       OR (old.id, old.rating, old.text, old.account_id) IS DISTINCT FROM (new.id, new.rating, new.text, new.account_id)
    THEN
        RAISE EXCEPTION 'a review is answered once, never changed or deleted' USING ERRCODE = 'P0100';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER reviews_append_only BEFORE UPDATE OR DELETE ON reviews
    FOR EACH ROW EXECUTE FUNCTION refuse_review_change();

CREATE TRIGGER reviews_count AFTER INSERT ON reviews REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_reviews();

GRANT SELECT, INSERT, UPDATE ON orders, suborders, order_lines, bookings, cart_lines, cart_nights TO market_app;
GRANT SELECT, INSERT, DELETE ON taken_nights TO market_app;
GRANT DELETE ON cart_lines, cart_nights TO market_app;
GRANT SELECT, INSERT ON booked_nights, suborder_events, line_refunds TO market_app;
GRANT SELECT, INSERT ON reviews TO market_app;
GRANT UPDATE (answer) ON reviews TO market_app;
