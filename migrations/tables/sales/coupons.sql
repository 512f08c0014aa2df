-- A coupon takes `amount_fen` off goods of at least `min_goods_fen` that it covers. Only `state` changes later, and
-- `claimed`, which the trigger below counts: terms that somebody claimed a voucher under stay as they were.
CREATE TABLE coupons (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    name text NOT NULL,
    code text,
    bearer text NOT NULL,
    producer_id uuid,
    category_code text,
    county_code text,
    amount_fen bigint NOT NULL,
    min_goods_fen bigint NOT NULL,
    valid_during daterange NOT NULL,
    quota integer NOT NULL,
    per_person smallint NOT NULL,
    claimed integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'open',
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT coupons_amount CHECK (amount_fen > 0),
    CONSTRAINT coupons_bearer CHECK (bearer IN ('platform', 'producer')),
    CONSTRAINT coupons_borne CHECK ((bearer <> 'producer') OR (producer_id IS NOT NULL)),
    CONSTRAINT coupons_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT coupons_code_format CHECK (code ~ '^[0-9A-Z]{4,16}$'),
    CONSTRAINT coupons_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT coupons_days CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during))),
    CONSTRAINT coupons_minimum CHECK (min_goods_fen > amount_fen),
    CONSTRAINT coupons_name_length CHECK (length(name) BETWEEN 1 AND 20),
    CONSTRAINT coupons_per_person CHECK (per_person BETWEEN 1 AND 10),
    CONSTRAINT coupons_quota CHECK (claimed BETWEEN 0 AND quota),
    CONSTRAINT coupons_state CHECK (state IN ('open', 'closed')),
    CONSTRAINT coupons_code UNIQUE (code),
    CONSTRAINT coupons_limit UNIQUE (id, per_person),
    CONSTRAINT coupons_number UNIQUE (number),
    CONSTRAINT coupons_category FOREIGN KEY (category_code) REFERENCES categories(code),
    CONSTRAINT coupons_created_by FOREIGN KEY (created_by) REFERENCES accounts(id),
    CONSTRAINT coupons_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX coupons_by_producer ON coupons (producer_id, id);
CREATE INDEX coupons_of_platform ON coupons (state, id) WHERE (bearer = 'platform');
CREATE INDEX coupons_offered ON coupons (amount_fen DESC, id) WHERE ((state = 'open') AND (code IS NULL));
CREATE INDEX coupons_open ON coupons (producer_id) WHERE (state = 'open');
GRANT SELECT, INSERT (name, code, bearer, producer_id, category_code, county_code, amount_fen, min_goods_fen,
    valid_during, quota, per_person, created_by, created_at), UPDATE (state, closed_at) ON coupons TO market_app;

-- What one person has claimed of a coupon, numbered from 1 up to the limit per person.
CREATE TABLE vouchers (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    coupon_id uuid NOT NULL,
    account_id uuid NOT NULL,
    ordinal smallint NOT NULL,
    per_person smallint NOT NULL,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT vouchers_per_person CHECK (ordinal BETWEEN 1 AND per_person),
    CONSTRAINT vouchers_one UNIQUE (coupon_id, account_id, ordinal),
    CONSTRAINT vouchers_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT vouchers_coupon FOREIGN KEY (coupon_id, per_person) REFERENCES coupons(id, per_person)
);
CREATE INDEX vouchers_by_account ON vouchers (account_id, id);
CREATE TRIGGER vouchers_counted AFTER INSERT ON vouchers FOR EACH ROW EXECUTE FUNCTION count_voucher();
GRANT SELECT, INSERT (coupon_id, account_id, ordinal, per_person, claimed_at) ON vouchers TO market_app;
