-- Who sells, what, how much of it is left, and who bought it.

-- producers ------------------------------------------------------------------------------------------------------------

CREATE TABLE producers (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    number           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT producers_number UNIQUE,
    kind             text NOT NULL CONSTRAINT producers_kind CHECK (kind IN (
        'household', 'family_farm', 'cooperative', 'company', 'village_station', 'homestay')),
    name             text NOT NULL CONSTRAINT producers_name_length CHECK (length(name) BETWEEN 2 AND 60),
    village_code     text NOT NULL CONSTRAINT producers_village REFERENCES divisions,
    county_code      text GENERATED ALWAYS AS (left(village_code, 6)) STORED NOT NULL,
    produce          text NOT NULL CONSTRAINT producers_produce_length CHECK (length(produce) BETWEEN 1 AND 200),
    story            text NOT NULL DEFAULT '',
    state            text NOT NULL DEFAULT 'applied' CONSTRAINT producers_state CHECK (state IN (
        'applied', 'confirmed', 'recommended', 'open', 'refused', 'suspended')),
    applied_by       uuid NOT NULL CONSTRAINT producers_applicant REFERENCES accounts,
    applied_at       timestamptz NOT NULL,
    opened_at        timestamptz,
    self_grown       boolean NOT NULL DEFAULT true,
    sample           boolean NOT NULL DEFAULT false,
    CONSTRAINT producers_open_since CHECK ((state IN ('open', 'suspended')) = (opened_at IS NOT NULL))
);
CREATE INDEX producers_by_county ON producers (county_code, state, id);
CREATE UNIQUE INDEX producers_one_application_at_a_time ON producers (applied_by)
    WHERE state IN ('applied', 'confirmed', 'recommended');

CREATE TABLE producer_members (
    producer_id  uuid NOT NULL CONSTRAINT producer_members_producer REFERENCES producers,
    account_id   uuid NOT NULL CONSTRAINT producer_members_account REFERENCES accounts,
    role         text NOT NULL CONSTRAINT producer_members_role CHECK (role IN ('owner', 'member', 'helper')),
    valid_during daterange NOT NULL CONSTRAINT producer_members_some_day CHECK (NOT isempty(valid_during)),
    CONSTRAINT producer_members_once PRIMARY KEY (producer_id, account_id, valid_during WITHOUT OVERLAPS)
);
CREATE INDEX producer_members_by_account ON producer_members (account_id);

-- One person takes one step of a producer's admission at most: applying is step 0.
CREATE TABLE producer_steps (
    producer_id uuid NOT NULL CONSTRAINT producer_steps_producer REFERENCES producers,
    step        text NOT NULL CONSTRAINT producer_steps_step CHECK (step IN (
        'apply', 'confirm', 'recommend', 'approve', 'refuse', 'suspend', 'reopen')),
    account_id  uuid NOT NULL CONSTRAINT producer_steps_account REFERENCES accounts,
    reason      text NOT NULL DEFAULT '' CONSTRAINT producer_steps_reason_length CHECK (length(reason) <= 300),
    at          timestamptz NOT NULL,
    id          uuid PRIMARY KEY DEFAULT uuidv7()
);
CREATE UNIQUE INDEX producer_steps_one_person_one_step ON producer_steps (producer_id, account_id)
    WHERE step IN ('apply', 'confirm', 'recommend', 'approve');
CREATE UNIQUE INDEX producer_steps_each_once ON producer_steps (producer_id, step)
    WHERE step IN ('apply', 'confirm', 'recommend', 'approve', 'refuse');

CREATE TABLE certificates (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL CONSTRAINT certificates_producer REFERENCES producers,
    kind        text NOT NULL CONSTRAINT certificates_kind CHECK (kind IN (
        'identity', 'licence', 'cooperative', 'food_licence', 'small_workshop', 'homestay_permit', 'origin',
        'organic', 'geographical_indication', 'other')),
    number      text NOT NULL DEFAULT '',
    issuer      text NOT NULL DEFAULT '',
    expires_on  date,
    photo_id    uuid CONSTRAINT certificates_photo REFERENCES photos,
    verified_at timestamptz,
    verified_by uuid CONSTRAINT certificates_verifier REFERENCES accounts,
    CONSTRAINT certificates_verified_by_someone CHECK ((verified_at IS NULL) = (verified_by IS NULL))
);
CREATE INDEX certificates_by_producer ON certificates (producer_id);

-- catalogue ------------------------------------------------------------------------------------------------------------

CREATE TABLE categories (
    code     text PRIMARY KEY,
    name     text NOT NULL CONSTRAINT categories_name UNIQUE,
    kind     text NOT NULL CONSTRAINT categories_kind CHECK (kind IN ('product', 'stay', 'activity')),
    position smallint NOT NULL,
    needs    text[] NOT NULL DEFAULT '{}',
    source   text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN categories.needs IS 'any one of these certificate kinds, without which nothing is published here';
INSERT INTO categories (code, name, kind, position, needs, source) VALUES
    ('fruit', '水果', 'product', 1, '{}', '电子商务法 10'),
    ('vegetable', '蔬菜', 'product', 2, '{}', '电子商务法 10'),
    ('nut', '干果', 'product', 3, '{}', '电子商务法 10'),
    ('coarse_grain', '杂粮', 'product', 4, '{}', '电子商务法 10'),
    ('grain', '粮食', 'product', 5, '{}', '电子商务法 10'),
    ('tuber', '薯类', 'product', 6, '{}', '电子商务法 10'),
    ('mushroom', '食用菌', 'product', 7, '{}', '电子商务法 10'),
    ('herb', '中药材', 'product', 8, '{}', '电子商务法 10'),
    ('livestock', '畜禽', 'product', 9, '{}', '电子商务法 10'),
    ('aquatic', '水产', 'product', 10, '{}', '电子商务法 10'),
    ('oil', '油料', 'product', 11, '{}', '电子商务法 10'),
    ('processed', '加工', 'product', 12, '{food_licence,small_workshop}', '食品安全法 35, 36'),
    ('craft', '手工', 'product', 13, '{}', '电子商务法 10'),
    ('flower', '花卉', 'product', 14, '{}', '电子商务法 10'),
    ('stay', '民宿', 'stay', 20, '{homestay_permit}', '旅馆业治安管理办法 4'),
    ('picking', '采摘', 'activity', 21, '{}', ''),
    ('outing', '游玩', 'activity', 22, '{}', '');

CREATE TABLE freight_templates (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id    uuid NOT NULL CONSTRAINT freight_templates_producer REFERENCES producers,
    first_g        integer NOT NULL CONSTRAINT freight_first_weight CHECK (first_g > 0),
    first_fen      bigint NOT NULL CONSTRAINT freight_first_price CHECK (first_fen BETWEEN 0 AND 1000000),
    next_g         integer NOT NULL CONSTRAINT freight_next_weight CHECK (next_g > 0),
    next_fen       bigint NOT NULL CONSTRAINT freight_next_price CHECK (next_fen BETWEEN 0 AND 1000000),
    free_above_fen bigint CONSTRAINT freight_free_above CHECK (free_above_fen > 0),
    no_ship        text[] NOT NULL DEFAULT '{}',
    CONSTRAINT freight_one_template_a_producer UNIQUE (producer_id)
);

-- searched is the folded text that search looks in; words holds its characters and pairs of characters, and the pairs of
-- its initials; latin its pinyin: all three are made by market.catalogue.searching when a listing is written.
CREATE TABLE listings (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    number         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT listings_number UNIQUE,
    producer_id    uuid NOT NULL CONSTRAINT listings_producer REFERENCES producers,
    kind           text NOT NULL CONSTRAINT listings_kind CHECK (kind IN ('product', 'stay', 'activity')),
    category_code  text NOT NULL CONSTRAINT listings_category REFERENCES categories,
    title          text NOT NULL CONSTRAINT listings_title_length CHECK (length(title) BETWEEN 2 AND 60),
    story          text NOT NULL DEFAULT '' CONSTRAINT listings_story_length CHECK (length(story) <= 2000),
    origin_code    text NOT NULL CONSTRAINT listings_origin REFERENCES divisions,
    county_code    text GENERATED ALWAYS AS (left(origin_code, 6)) STORED NOT NULL,
    harvest_months smallint[] NOT NULL DEFAULT '{}',
    chilled        boolean NOT NULL DEFAULT false,
    perishable     boolean NOT NULL DEFAULT false,
    photo_id       uuid CONSTRAINT listings_photo REFERENCES photos,
    state          text NOT NULL DEFAULT 'live' CONSTRAINT listings_state CHECK (state IN (
        'draft', 'live', 'withdrawn', 'suspended')),
    commission_bp  integer NOT NULL CONSTRAINT listings_commission CHECK (commission_bp BETWEEN 0 AND 10000),
    gi             text NOT NULL DEFAULT '',
    rating_sum     integer NOT NULL DEFAULT 0,
    rating_count   integer NOT NULL DEFAULT 0,
    sold_count     integer NOT NULL DEFAULT 0,
    score          integer NOT NULL DEFAULT 0,
    searched       text NOT NULL CONSTRAINT listings_searched_text CHECK (searched <> ''),
    words          tsvector NOT NULL,
    latin          text NOT NULL DEFAULT '',
    published_at   timestamptz NOT NULL,
    sample         boolean NOT NULL DEFAULT false
);
CREATE INDEX listings_by_words ON listings USING gin (words);
CREATE INDEX listings_by_latin ON listings USING gin (latin gin_trgm_ops);
CREATE INDEX listings_by_category ON listings (category_code, score DESC, id) WHERE state = 'live';
CREATE INDEX listings_by_county ON listings (county_code, score DESC, id) WHERE state = 'live';
CREATE INDEX listings_by_score ON listings (score DESC, id) WHERE state = 'live';
CREATE INDEX listings_by_producer ON listings (producer_id, id);
-- A picture is shown while a listing shows it, which each request for one asks.
CREATE INDEX listings_by_photo ON listings (photo_id) WHERE photo_id IS NOT NULL;

-- stock ----------------------------------------------------------------------------------------------------------------

-- left_units can be sold now; waiting_units are in orders not yet paid. Neither is ever below zero.
CREATE TABLE lots (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id   uuid NOT NULL CONSTRAINT lots_producer REFERENCES producers,
    label         text NOT NULL,
    unit          text NOT NULL,
    left_units    integer NOT NULL CONSTRAINT lots_never_below_zero CHECK (left_units >= 0),
    waiting_units integer NOT NULL DEFAULT 0 CONSTRAINT lots_waiting_never_below_zero CHECK (waiting_units >= 0),
    sold_units    integer NOT NULL DEFAULT 0 CONSTRAINT lots_sold_never_below_zero CHECK (sold_units >= 0)
) WITH (fillfactor = 60);
CREATE INDEX lots_by_producer ON lots (producer_id);

CREATE TABLE variants (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    listing_id       uuid NOT NULL CONSTRAINT variants_listing REFERENCES listings,
    position         smallint NOT NULL DEFAULT 0,
    label            text NOT NULL DEFAULT '',
    unit             text NOT NULL,
    price_fen        bigint NOT NULL CONSTRAINT variants_price CHECK (price_fen BETWEEN 1 AND 100000000),
    public_price_fen bigint CONSTRAINT variants_public_price CHECK (public_price_fen BETWEEN 1 AND 100000000),
    net_g            integer CONSTRAINT variants_net_weight CHECK (net_g > 0),
    pieces           integer CONSTRAINT variants_pieces CHECK (pieces > 0),
    gross_g          integer NOT NULL DEFAULT 0 CONSTRAINT variants_gross_weight CHECK (gross_g >= 0),
    lot_id           uuid CONSTRAINT variants_lot REFERENCES lots,
    takes            integer NOT NULL DEFAULT 1 CONSTRAINT variants_takes CHECK (takes BETWEEN 1 AND 10000),
    CONSTRAINT variants_one_a_place UNIQUE (listing_id, position)
);
CREATE INDEX variants_by_lot ON variants (lot_id);

-- A delta of a lot beside what orders take, which order_lines say; once per reason and reference, so that a count that a
-- weak network sends twice counts once, and what an order held goes back once.
CREATE TABLE stock_moves (
    lot_id    uuid NOT NULL CONSTRAINT stock_moves_lot REFERENCES lots,
    reason    text NOT NULL CONSTRAINT stock_moves_reason CHECK (reason IN (
        'count', 'cancelled', 'expired', 'returned')),
    reference text NOT NULL,
    units     integer NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT stock_moves_once PRIMARY KEY (lot_id, reason, reference)
);

-- bookings: rooms and their nights -------------------------------------------------------------------------------------

CREATE TABLE rooms (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    listing_id uuid NOT NULL CONSTRAINT rooms_listing REFERENCES listings,
    position   smallint NOT NULL CONSTRAINT rooms_position CHECK (position BETWEEN 1 AND 200),
    name       text NOT NULL,
    open       boolean NOT NULL DEFAULT true,
    CONSTRAINT rooms_one_a_place UNIQUE (listing_id, position)
);

-- The price of a night; the base price is that of the listing's only variant.
CREATE TABLE night_prices (
    listing_id   uuid NOT NULL CONSTRAINT night_prices_listing REFERENCES listings,
    valid_during daterange NOT NULL CONSTRAINT night_prices_some_day CHECK (NOT isempty(valid_during)),
    price_fen    bigint NOT NULL CONSTRAINT night_prices_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT night_prices_one_a_night PRIMARY KEY (listing_id, valid_during WITHOUT OVERLAPS)
);

CREATE TABLE cancel_tiers (
    listing_id  uuid NOT NULL CONSTRAINT cancel_tiers_listing REFERENCES listings,
    holiday     boolean NOT NULL,
    days_before smallint NOT NULL CONSTRAINT cancel_tiers_days CHECK (days_before BETWEEN 0 AND 365),
    refund_bp   integer NOT NULL CONSTRAINT cancel_tiers_refund CHECK (refund_bp BETWEEN 0 AND 10000),
    CONSTRAINT cancel_tiers_once PRIMARY KEY (listing_id, holiday, days_before)
);

-- orders ---------------------------------------------------------------------------------------------------------------

CREATE TABLE cart_lines (
    account_id uuid NOT NULL CONSTRAINT cart_lines_account REFERENCES accounts,
    variant_id uuid NOT NULL CONSTRAINT cart_lines_variant REFERENCES variants,
    quantity   integer NOT NULL CONSTRAINT cart_lines_quantity CHECK (quantity BETWEEN 1 AND 9999),
    put_at     timestamptz NOT NULL,
    CONSTRAINT cart_lines_once PRIMARY KEY (account_id, variant_id)
);

CREATE TABLE cart_nights (
    account_id uuid NOT NULL CONSTRAINT cart_nights_account REFERENCES accounts,
    listing_id uuid NOT NULL CONSTRAINT cart_nights_listing REFERENCES listings,
    nights     daterange NOT NULL CONSTRAINT cart_nights_count CHECK (upper(nights) - lower(nights) BETWEEN 1 AND 30),
    rooms      smallint NOT NULL DEFAULT 1 CONSTRAINT cart_nights_rooms CHECK (rooms BETWEEN 1 AND 20),
    put_at     timestamptz NOT NULL,
    CONSTRAINT cart_nights_once PRIMARY KEY (account_id, listing_id)
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
    rail           text CONSTRAINT orders_rail CHECK (rail IN ('alipay', 'wechat', 'bank')),
    placed_at      timestamptz NOT NULL,
    pay_until      timestamptz NOT NULL,
    paid_at        timestamptz,
    closed_at      timestamptz,
    CONSTRAINT orders_total CHECK (total_fen = goods_fen + freight_fen - discount_fen AND total_fen > 0),
    CONSTRAINT orders_once UNIQUE (buyer_id, key)
);
CREATE INDEX orders_by_buyer ON orders (buyer_id, number DESC);
CREATE INDEX orders_to_expire ON orders (pay_until) WHERE state = 'placed';
CREATE INDEX orders_waiting ON orders (buyer_id) WHERE state = 'placed';

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
    commission_fen bigint CONSTRAINT suborders_commission_part CHECK (commission_fen >= 0),
    CONSTRAINT suborders_released_in_parts CHECK (
        (released_at IS NULL) = (payable_fen IS NULL) AND (released_at IS NULL) = (commission_fen IS NULL)),
    CONSTRAINT suborders_released_after_its_end CHECK (released_at IS NULL OR state IN ('received', 'cancelled')),
    CONSTRAINT suborders_one_a_place UNIQUE (order_id, position),
    CONSTRAINT suborders_shipped_with_a_number CHECK ((carrier IS NULL) = (tracking IS NULL))
);
CREATE INDEX suborders_by_producer ON suborders (producer_id, state, id);
CREATE INDEX suborders_on_their_way ON suborders (shipped_at) WHERE state = 'shipped';
COMMENT ON COLUMN suborders.payable_fen IS 'what is left of the goods for the producer after release, less later refunds';

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
    CONSTRAINT order_lines_one_a_place UNIQUE (suborder_id, position)
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
    state         text NOT NULL DEFAULT 'held' CONSTRAINT bookings_state CHECK (state IN (
        'held', 'booked', 'arrived', 'cancelled', 'expired')),
    code_hash     bytea,
    code_sealed   bytea,
    arrived_at    timestamptz
);
CREATE INDEX bookings_by_listing ON bookings (listing_id, nights);
CREATE INDEX bookings_by_suborder ON bookings (suborder_id);
CREATE UNIQUE INDEX bookings_code_is_one_guests ON bookings (code_hash) WHERE state = 'booked';

-- Nights that are taken. A row goes when its booking is cancelled or expires, so a cancelled night frees exactly itself.
CREATE TABLE taken_nights (
    room_id    uuid NOT NULL CONSTRAINT taken_nights_room REFERENCES rooms,
    nights     daterange NOT NULL CONSTRAINT taken_nights_some_night CHECK (NOT isempty(nights)),
    booking_id uuid CONSTRAINT taken_nights_booking REFERENCES bookings DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT taken_nights_one_guest_a_night PRIMARY KEY (room_id, nights WITHOUT OVERLAPS)
);
CREATE UNIQUE INDEX taken_nights_by_booking ON taken_nights (booking_id);

CREATE TABLE booked_nights (
    booking_id uuid NOT NULL CONSTRAINT booked_nights_booking REFERENCES bookings,
    night      date NOT NULL,
    price_fen  bigint NOT NULL CONSTRAINT booked_nights_price CHECK (price_fen > 0),
    CONSTRAINT booked_nights_once PRIMARY KEY (booking_id, night)
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
CREATE TRIGGER suborder_events_stay BEFORE UPDATE OR DELETE ON suborder_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The children sum to the parent: checked when the transaction ends, whoever wrote the rows.
CREATE FUNCTION order_sums() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    fits boolean;
BEGIN
    SELECT (sum(s.goods_fen), sum(s.freight_fen), sum(s.discount_fen))
           IS NOT DISTINCT FROM (new.goods_fen::numeric, new.freight_fen::numeric, new.discount_fen::numeric)
           AND bool_and(s.goods_fen = (SELECT sum(l.amount_fen) FROM order_lines l WHERE l.suborder_id = s.id))
      INTO fits
      FROM suborders s
     WHERE s.order_id = new.id;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'order % does not sum up', new.number USING ERRCODE = 'P0104';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER orders_sum_up AFTER INSERT ON orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION order_sums();

-- aftersales -----------------------------------------------------------------------------------------------------------

CREATE TABLE line_refunds (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    line_id    uuid NOT NULL CONSTRAINT line_refunds_line REFERENCES order_lines,
    key        text NOT NULL,
    amount_fen bigint NOT NULL CONSTRAINT line_refunds_amount CHECK (amount_fen > 0),
    reason     text NOT NULL CONSTRAINT line_refunds_reason CHECK (reason IN (
        'cancelled', 'bad_fruit', 'agreed', 'not_shipped')),
    asked_by   uuid NOT NULL CONSTRAINT line_refunds_account REFERENCES accounts,
    note       text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,
    CONSTRAINT line_refunds_once UNIQUE (line_id, key)
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
    CONSTRAINT reviews_one_a_purchase UNIQUE (suborder_id, listing_id)
);
CREATE INDEX reviews_by_listing ON reviews (listing_id, id DESC);
CREATE FUNCTION reviews_only_answered() RETURNS trigger
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
CREATE TRIGGER reviews_stay BEFORE UPDATE OR DELETE ON reviews
    FOR EACH ROW EXECUTE FUNCTION reviews_only_answered();

-- A listing's rating is the sum of its reviews, whoever writes them.
CREATE FUNCTION reviews_counted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listings l
       SET rating_sum = rating_sum + n.sum, rating_count = rating_count + n.count
      FROM (SELECT listing_id, sum(rating)::integer AS sum, count(*)::integer AS count
              FROM added GROUP BY listing_id ORDER BY listing_id) AS n
     WHERE l.id = n.listing_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER reviews_count AFTER INSERT ON reviews REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION reviews_counted();

GRANT SELECT ON categories TO market_app;
GRANT SELECT, INSERT, UPDATE ON producers, producer_members, certificates, freight_templates, listings, lots, variants,
    rooms, night_prices, orders, suborders, order_lines, bookings, cart_lines, cart_nights TO market_app;
GRANT SELECT, INSERT, DELETE ON cancel_tiers, taken_nights TO market_app;
GRANT DELETE ON cart_lines, cart_nights, night_prices TO market_app;
GRANT SELECT, INSERT ON producer_steps, stock_moves, booked_nights, suborder_events, line_refunds TO market_app;
GRANT SELECT, INSERT ON reviews TO market_app;
GRANT UPDATE (answer) ON reviews TO market_app;
