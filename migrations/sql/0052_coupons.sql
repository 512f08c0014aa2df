-- A coupon takes `amount_fen` off goods of at least `min_goods_fen` that it covers. Only `state` changes later, and
-- `claimed`, which the trigger below counts: terms that somebody claimed a voucher under stay as they were.
CREATE TABLE coupons (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    number        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT coupons_number UNIQUE,
    name          text NOT NULL CONSTRAINT coupons_name_length CHECK (length(name) BETWEEN 1 AND 20),
    code          text CONSTRAINT coupons_code UNIQUE CONSTRAINT coupons_code_format CHECK (code ~ '^[0-9A-Z]{4,16}$'),
    bearer        text NOT NULL CONSTRAINT coupons_bearer CHECK (bearer IN ('platform', 'producer')),
    producer_id   uuid CONSTRAINT coupons_producer REFERENCES producers,
    category_code text CONSTRAINT coupons_category REFERENCES categories,
    county_code   text CONSTRAINT coupons_county CHECK (county_code ~ '^[0-9]{6}$'),
    amount_fen    bigint NOT NULL CONSTRAINT coupons_amount CHECK (amount_fen > 0),
    min_goods_fen bigint NOT NULL,
    valid_during  daterange NOT NULL CONSTRAINT coupons_days CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)),
    quota         integer NOT NULL,
    per_person    smallint NOT NULL CONSTRAINT coupons_per_person CHECK (per_person BETWEEN 1 AND 10),
    claimed       integer NOT NULL DEFAULT 0,
    state         text NOT NULL DEFAULT 'open' CONSTRAINT coupons_state CHECK (state IN ('open', 'closed')),
    created_by    uuid NOT NULL CONSTRAINT coupons_created_by REFERENCES accounts,
    created_at    timestamptz NOT NULL,
    closed_at     timestamptz,
    CONSTRAINT coupons_quota CHECK (claimed BETWEEN 0 AND quota),
    CONSTRAINT coupons_minimum CHECK (min_goods_fen > amount_fen),
    CONSTRAINT coupons_borne CHECK (bearer <> 'producer' OR producer_id IS NOT NULL),
    CONSTRAINT coupons_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT coupons_limit UNIQUE (id, per_person)
);
CREATE INDEX coupons_open ON coupons (id) WHERE state = 'open';
CREATE INDEX coupons_by_producer ON coupons (producer_id, id);
GRANT SELECT, INSERT (name, code, bearer, producer_id, category_code, county_code, amount_fen, min_goods_fen,
    valid_during, quota, per_person, created_by, created_at), UPDATE (state, closed_at) ON coupons TO market_app;

-- What one person has claimed of a coupon, numbered from 1 up to the limit per person.
CREATE TABLE vouchers (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    coupon_id  uuid NOT NULL,
    account_id uuid NOT NULL CONSTRAINT vouchers_account REFERENCES accounts,
    ordinal    smallint NOT NULL,
    per_person smallint NOT NULL,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT vouchers_coupon FOREIGN KEY (coupon_id, per_person) REFERENCES coupons (id, per_person),
    CONSTRAINT vouchers_per_person CHECK (ordinal BETWEEN 1 AND per_person),
    CONSTRAINT vouchers_one UNIQUE (coupon_id, account_id, ordinal)
);
CREATE INDEX vouchers_by_account ON vouchers (account_id, id);
GRANT SELECT, INSERT (coupon_id, account_id, ordinal, per_person, claimed_at) ON vouchers TO market_app;

-- A voucher used for an order; freed when the order ends unpaid. It is used for one order at a time.
CREATE TABLE redemptions (
    order_id     uuid PRIMARY KEY CONSTRAINT redemptions_order REFERENCES orders,
    voucher_id   uuid NOT NULL CONSTRAINT redemptions_voucher REFERENCES vouchers,
    discount_fen bigint NOT NULL CONSTRAINT redemptions_discount CHECK (discount_fen > 0),
    redeemed_at  timestamptz NOT NULL,
    freed_at     timestamptz CONSTRAINT redemptions_freed CHECK (freed_at >= redeemed_at)
);
CREATE UNIQUE INDEX redemptions_one_use ON redemptions (voucher_id) WHERE freed_at IS NULL;
GRANT SELECT, INSERT (order_id, voucher_id, discount_fen, redeemed_at), UPDATE (freed_at) ON redemptions TO market_app;

-- What a coupon that the producer bears took off a line; `amount_fen` is what is left.
ALTER TABLE order_lines ADD COLUMN reduction_fen bigint NOT NULL DEFAULT 0
    CONSTRAINT order_lines_reduction CHECK (reduction_fen >= 0 AND amount_fen >= 0);
