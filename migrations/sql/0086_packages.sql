-- 乡村套餐: one offer made of the stays, activities and goods of several households. Terms never change; what is to be
-- different is a new package.
CREATE TABLE packages (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    number       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT packages_number UNIQUE,
    producer_id  uuid NOT NULL CONSTRAINT packages_producer REFERENCES producers,
    title        text NOT NULL CONSTRAINT packages_title_length CHECK (length(title) BETWEEN 2 AND 60),
    story        text NOT NULL DEFAULT '' CONSTRAINT packages_story_length CHECK (length(story) <= 2000),
    persons      smallint NOT NULL CONSTRAINT packages_persons CHECK (persons BETWEEN 1 AND 50),
    nights       smallint NOT NULL CONSTRAINT packages_nights CHECK (nights BETWEEN 0 AND 30),
    price_fen    bigint NOT NULL CONSTRAINT packages_price CHECK (price_fen BETWEEN 200 AND 10000000),
    valid_during daterange NOT NULL CONSTRAINT packages_days CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)),
    on_holidays  boolean NOT NULL,
    state        text NOT NULL DEFAULT 'draft' CONSTRAINT packages_state CHECK (state IN ('draft', 'live', 'withdrawn')),
    created_by   uuid NOT NULL CONSTRAINT packages_created_by REFERENCES accounts,
    created_at   timestamptz NOT NULL,
    published_at timestamptz,
    CONSTRAINT packages_published CHECK (state <> 'live' OR published_at IS NOT NULL)
);
COMMENT ON COLUMN packages.valid_during IS 'the days on which guests arrive; without a stay, the days of its activities';
CREATE INDEX packages_by_producer ON packages (producer_id, number DESC);
CREATE INDEX packages_by_creator ON packages (created_by);
CREATE INDEX packages_live ON packages (number DESC) WHERE state = 'live';
GRANT SELECT, INSERT (producer_id, title, story, persons, nights, price_fen, valid_during, on_holidays, created_by, created_at),
    UPDATE (state, published_at) ON packages TO market_app;

-- What one package has: so many rooms, places or items, for which the household that supplies them gets the share.
CREATE TABLE package_parts (
    package_id uuid NOT NULL CONSTRAINT package_parts_package REFERENCES packages,
    position   smallint NOT NULL CONSTRAINT package_parts_position CHECK (position BETWEEN 1 AND 8),
    kind       text NOT NULL CONSTRAINT package_parts_kind CHECK (kind IN ('product', 'stay', 'activity')),
    quantity   smallint NOT NULL CONSTRAINT package_parts_quantity CHECK (quantity BETWEEN 1 AND 50),
    share_fen  bigint NOT NULL CONSTRAINT package_parts_share CHECK (share_fen >= 100),
    CONSTRAINT package_parts_pkey PRIMARY KEY (package_id, position)
);
GRANT SELECT, INSERT (package_id, position, kind, quantity, share_fen) ON package_parts TO market_app;

-- Who supplies a part. Several supply one part from a pool: each booked package is one household's.
CREATE TABLE package_suppliers (
    package_id  uuid NOT NULL,
    position    smallint NOT NULL,
    ordinal     smallint NOT NULL CONSTRAINT package_suppliers_ordinal CHECK (ordinal BETWEEN 1 AND 10),
    producer_id uuid NOT NULL CONSTRAINT package_suppliers_producer REFERENCES producers,
    listing_id  uuid NOT NULL CONSTRAINT package_suppliers_listing REFERENCES listings,
    variant_id  uuid NOT NULL CONSTRAINT package_suppliers_variant REFERENCES variants,
    state       text NOT NULL DEFAULT 'asked' CONSTRAINT package_suppliers_state CHECK (
        state IN ('asked', 'agreed', 'declined')),
    decided_by  uuid CONSTRAINT package_suppliers_decided_by REFERENCES accounts,
    decided_at  timestamptz,
    CONSTRAINT package_suppliers_pkey PRIMARY KEY (package_id, position, ordinal),
    CONSTRAINT package_suppliers_part FOREIGN KEY (package_id, position) REFERENCES package_parts,
    CONSTRAINT package_suppliers_once UNIQUE (package_id, listing_id),
    CONSTRAINT package_suppliers_decided CHECK (
        (state = 'asked') = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX package_suppliers_by_producer ON package_suppliers (producer_id, package_id);
CREATE INDEX package_suppliers_by_listing ON package_suppliers (listing_id);
CREATE INDEX package_suppliers_by_variant ON package_suppliers (variant_id);
CREATE INDEX package_suppliers_by_decider ON package_suppliers (decided_by);
GRANT SELECT, INSERT (package_id, position, ordinal, producer_id, listing_id, variant_id, state, decided_by, decided_at),
    UPDATE (state, decided_by, decided_at) ON package_suppliers TO market_app;

CREATE CONSTRAINT TRIGGER packages_complete AFTER INSERT OR UPDATE ON packages
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_package();
CREATE CONSTRAINT TRIGGER package_parts_complete AFTER INSERT ON package_parts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_package();
CREATE CONSTRAINT TRIGGER package_suppliers_complete AFTER INSERT OR UPDATE ON package_suppliers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_package();

-- An order that was placed as so many packages, and which of its lines is which part.
CREATE TABLE package_orders (
    order_id   uuid PRIMARY KEY CONSTRAINT package_orders_order REFERENCES orders,
    package_id uuid NOT NULL CONSTRAINT package_orders_package REFERENCES packages,
    count      smallint NOT NULL CONSTRAINT package_orders_count CHECK (count BETWEEN 1 AND 20),
    price_fen  bigint NOT NULL CONSTRAINT package_orders_price CHECK (price_fen > 0),
    arrive_on  date
);
CREATE INDEX package_orders_by_package ON package_orders (package_id);
GRANT SELECT, INSERT ON package_orders TO market_app;

CREATE TABLE package_lines (
    line_id    uuid PRIMARY KEY CONSTRAINT package_lines_line REFERENCES order_lines,
    order_id   uuid NOT NULL CONSTRAINT package_lines_order REFERENCES package_orders,
    package_id uuid NOT NULL,
    position   smallint NOT NULL,
    packages   smallint NOT NULL CONSTRAINT package_lines_packages CHECK (packages BETWEEN 1 AND 20),
    CONSTRAINT package_lines_part FOREIGN KEY (package_id, position) REFERENCES package_parts
);
CREATE INDEX package_lines_by_order ON package_lines (order_id);
CREATE INDEX package_lines_by_part ON package_lines (package_id, position);
GRANT SELECT, INSERT ON package_lines TO market_app;

CREATE CONSTRAINT TRIGGER package_orders_sum_up AFTER INSERT ON package_orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_package_order();
CREATE CONSTRAINT TRIGGER package_lines_sum_up AFTER INSERT ON package_lines
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_package_order();

-- The wider constraint follows in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE order_lines DROP CONSTRAINT order_lines_price_basis;
ALTER TABLE order_lines ADD CONSTRAINT order_lines_price_basis
    CHECK (price_basis IN ('unit', 'tier', 'public', 'package')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE order_lines VALIDATE CONSTRAINT order_lines_price_basis;
