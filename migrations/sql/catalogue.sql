-- Producers, the catalogue, stock, and the rooms and prices of stays.

-- producers -----------------------------------------------------------------------------------------------------------

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
    CONSTRAINT producers_opened_at_matches_state CHECK ((state IN ('open', 'suspended')) = (opened_at IS NOT NULL))
);
CREATE INDEX producers_by_county ON producers (county_code, state, id);
CREATE UNIQUE INDEX producers_one_pending_application ON producers (applied_by)
    WHERE state IN ('applied', 'confirmed', 'recommended');

CREATE TABLE producer_members (
    producer_id  uuid NOT NULL CONSTRAINT producer_members_producer REFERENCES producers,
    account_id   uuid NOT NULL CONSTRAINT producer_members_account REFERENCES accounts,
    role         text NOT NULL CONSTRAINT producer_members_role CHECK (role IN ('owner', 'member', 'helper')),
    valid_during daterange NOT NULL CONSTRAINT producer_members_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT producer_members_unique PRIMARY KEY (producer_id, account_id, valid_during WITHOUT OVERLAPS)
);
CREATE INDEX producer_members_by_account ON producer_members (account_id);

-- One account takes at most one step of a producer's admission; applying counts as a step.
CREATE TABLE producer_steps (
    producer_id uuid NOT NULL CONSTRAINT producer_steps_producer REFERENCES producers,
    step        text NOT NULL CONSTRAINT producer_steps_step CHECK (step IN (
        'apply', 'confirm', 'recommend', 'approve', 'refuse', 'suspend', 'reopen')),
    account_id  uuid NOT NULL CONSTRAINT producer_steps_account REFERENCES accounts,
    reason      text NOT NULL DEFAULT '' CONSTRAINT producer_steps_reason_length CHECK (length(reason) <= 300),
    at          timestamptz NOT NULL,
    id          uuid PRIMARY KEY DEFAULT uuidv7()
);
CREATE UNIQUE INDEX producer_steps_one_per_account ON producer_steps (producer_id, account_id)
    WHERE step IN ('apply', 'confirm', 'recommend', 'approve');
CREATE UNIQUE INDEX producer_steps_step_unique ON producer_steps (producer_id, step)
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
    CONSTRAINT certificates_verification_complete CHECK ((verified_at IS NULL) = (verified_by IS NULL))
);
CREATE INDEX certificates_by_producer ON certificates (producer_id);

-- catalogue -----------------------------------------------------------------------------------------------------------

CREATE TABLE categories (
    code     text PRIMARY KEY,
    name     text NOT NULL CONSTRAINT categories_name UNIQUE,
    kind     text NOT NULL CONSTRAINT categories_kind CHECK (kind IN ('product', 'stay', 'activity')),
    position smallint NOT NULL,
    required_certificates text[] NOT NULL DEFAULT '{}',
    source   text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN categories.required_certificates IS 'a producer needs one of these certificate kinds to publish here';
INSERT INTO categories (code, name, kind, position, required_certificates, source) VALUES
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
    CONSTRAINT freight_templates_producer_unique UNIQUE (producer_id)
);

-- market.catalogue.listings.search.text computes the search columns: the normalized text, its terms (characters, pairs of
-- characters and pairs of initials) and its pinyin.
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
    search_text    text NOT NULL CONSTRAINT listings_search_text_not_empty CHECK (search_text <> ''),
    search_words   tsvector NOT NULL,
    search_pinyin  text NOT NULL DEFAULT '',
    published_at   timestamptz NOT NULL,
    sample         boolean NOT NULL DEFAULT false
);
CREATE INDEX listings_by_search_words ON listings USING gin (search_words);
CREATE INDEX listings_by_search_pinyin ON listings USING gin (search_pinyin gin_trgm_ops);
CREATE INDEX listings_by_category ON listings (category_code, score DESC, id) WHERE state = 'live';
CREATE INDEX listings_by_county ON listings (county_code, score DESC, id) WHERE state = 'live';
CREATE INDEX listings_by_score ON listings (score DESC, id) WHERE state = 'live';
CREATE INDEX listings_by_producer ON listings (producer_id, id);
-- A photo is public while a listing shows it; every request for a photo checks this.
CREATE INDEX listings_by_photo ON listings (photo_id) WHERE photo_id IS NOT NULL;

-- stock ---------------------------------------------------------------------------------------------------------------

-- available_units can be sold now; reserved_units are in unpaid orders.
CREATE TABLE lots (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id     uuid NOT NULL CONSTRAINT lots_producer REFERENCES producers,
    label           text NOT NULL,
    unit            text NOT NULL,
    available_units integer NOT NULL CONSTRAINT lots_available_not_negative CHECK (available_units >= 0),
    reserved_units  integer NOT NULL DEFAULT 0 CONSTRAINT lots_reserved_not_negative CHECK (reserved_units >= 0),
    sold_units      integer NOT NULL DEFAULT 0 CONSTRAINT lots_sold_not_negative CHECK (sold_units >= 0)
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
    lot_units_per_item integer NOT NULL DEFAULT 1
        CONSTRAINT variants_lot_units_per_item CHECK (lot_units_per_item BETWEEN 1 AND 10000),
    CONSTRAINT variants_position_unique UNIQUE (listing_id, position)
);
CREATE INDEX variants_by_lot ON variants (lot_id);

-- Changes of a lot other than by orders, which order_lines records. The primary key applies a count, or the freed units
-- of an order, only once.
CREATE TABLE stock_moves (
    lot_id    uuid NOT NULL CONSTRAINT stock_moves_lot REFERENCES lots,
    reason    text NOT NULL CONSTRAINT stock_moves_reason CHECK (reason IN (
        'count', 'cancelled', 'expired', 'returned')),
    reference text NOT NULL,
    units     integer NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT stock_moves_unique PRIMARY KEY (lot_id, reason, reference)
);

-- bookings: rooms and their nights ------------------------------------------------------------------------------------

CREATE TABLE rooms (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    listing_id uuid NOT NULL CONSTRAINT rooms_listing REFERENCES listings,
    position   smallint NOT NULL CONSTRAINT rooms_position CHECK (position BETWEEN 1 AND 200),
    name       text NOT NULL,
    open       boolean NOT NULL DEFAULT true,
    CONSTRAINT rooms_position_unique UNIQUE (listing_id, position)
);

-- Prices of nights that differ from the base price, which is that of the listing's only variant.
CREATE TABLE night_prices (
    listing_id   uuid NOT NULL CONSTRAINT night_prices_listing REFERENCES listings,
    valid_during daterange NOT NULL CONSTRAINT night_prices_period_not_empty CHECK (NOT isempty(valid_during)),
    price_fen    bigint NOT NULL CONSTRAINT night_prices_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT night_prices_night_unique PRIMARY KEY (listing_id, valid_during WITHOUT OVERLAPS)
);

CREATE TABLE cancel_tiers (
    listing_id  uuid NOT NULL CONSTRAINT cancel_tiers_listing REFERENCES listings,
    holiday     boolean NOT NULL,
    days_before smallint NOT NULL CONSTRAINT cancel_tiers_days CHECK (days_before BETWEEN 0 AND 365),
    refund_bp   integer NOT NULL CONSTRAINT cancel_tiers_refund CHECK (refund_bp BETWEEN 0 AND 10000),
    CONSTRAINT cancel_tiers_unique PRIMARY KEY (listing_id, holiday, days_before)
);

GRANT SELECT ON categories TO market_app;
GRANT SELECT, INSERT, UPDATE ON producers, producer_members, certificates, freight_templates, listings, lots, variants,
    rooms, night_prices TO market_app;
GRANT SELECT, INSERT, DELETE ON cancel_tiers TO market_app;
GRANT DELETE ON night_prices TO market_app;
GRANT SELECT, INSERT ON producer_steps, stock_moves TO market_app;
