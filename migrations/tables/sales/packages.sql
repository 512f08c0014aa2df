-- 乡村套餐: one offer made of the stays, activities and goods of several households. Terms never change; what is to be
-- different is a new package.
CREATE TABLE packages (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    producer_id uuid NOT NULL,
    title text NOT NULL,
    story text NOT NULL DEFAULT '',
    persons smallint NOT NULL,
    nights smallint NOT NULL,
    price_fen bigint NOT NULL,
    valid_during daterange NOT NULL,
    on_holidays boolean NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    CONSTRAINT packages_days CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during))),
    CONSTRAINT packages_nights CHECK (nights BETWEEN 0 AND 30),
    CONSTRAINT packages_persons CHECK (persons BETWEEN 1 AND 50),
    CONSTRAINT packages_price CHECK (price_fen BETWEEN 200 AND 10000000),
    CONSTRAINT packages_published CHECK ((state <> 'live') OR (published_at IS NOT NULL)),
    CONSTRAINT packages_state CHECK (state IN ('draft', 'live', 'withdrawn')),
    CONSTRAINT packages_story_length CHECK (length(story) <= 2000),
    CONSTRAINT packages_title_length CHECK (length(title) BETWEEN 2 AND 60),
    CONSTRAINT packages_number UNIQUE (number),
    CONSTRAINT packages_created_by FOREIGN KEY (created_by) REFERENCES accounts(id),
    CONSTRAINT packages_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX packages_by_creator ON packages (created_by);
CREATE INDEX packages_by_producer ON packages (producer_id, number DESC);
CREATE INDEX packages_live ON packages (number DESC) WHERE (state = 'live');
CREATE CONSTRAINT TRIGGER packages_complete AFTER INSERT OR UPDATE ON packages DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_package();
GRANT SELECT, INSERT (producer_id, title, story, persons, nights, price_fen, valid_during, on_holidays, created_by,
    created_at), UPDATE (state, published_at) ON packages TO market_app;
COMMENT ON COLUMN packages.valid_during IS 'the days on which guests arrive; without a stay, the days of its activities';

-- What one package has: so many rooms, places or items, for which the household that supplies them gets the share.
CREATE TABLE package_parts (
    package_id uuid NOT NULL,
    "position" smallint NOT NULL,
    kind text NOT NULL,
    quantity smallint NOT NULL,
    share_fen bigint NOT NULL,
    CONSTRAINT package_parts_kind CHECK (kind IN ('product', 'stay', 'activity')),
    CONSTRAINT package_parts_position CHECK (("position" >= 1) AND ("position" <= 8)),
    CONSTRAINT package_parts_quantity CHECK (quantity BETWEEN 1 AND 50),
    CONSTRAINT package_parts_share CHECK (share_fen >= 100),
    PRIMARY KEY (package_id, "position"),
    CONSTRAINT package_parts_package FOREIGN KEY (package_id) REFERENCES packages(id)
);
CREATE CONSTRAINT TRIGGER package_parts_complete AFTER INSERT ON package_parts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_package();
GRANT SELECT, INSERT (package_id, "position", kind, quantity, share_fen) ON package_parts TO market_app;

-- Who supplies a part. Several supply one part from a pool: each booked package is one household's.
CREATE TABLE package_suppliers (
    package_id uuid NOT NULL,
    "position" smallint NOT NULL,
    ordinal smallint NOT NULL,
    producer_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'asked',
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT package_suppliers_decided CHECK (((state = 'asked') = (decided_at IS NULL))
        AND ((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT package_suppliers_ordinal CHECK (ordinal BETWEEN 1 AND 10),
    CONSTRAINT package_suppliers_state CHECK (state IN ('asked', 'agreed', 'declined')),
    CONSTRAINT package_suppliers_once UNIQUE (package_id, listing_id),
    PRIMARY KEY (package_id, "position", ordinal),
    CONSTRAINT package_suppliers_decided_by FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT package_suppliers_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT package_suppliers_part FOREIGN KEY (package_id, "position")
        REFERENCES package_parts(package_id, "position"),
    CONSTRAINT package_suppliers_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT package_suppliers_variant FOREIGN KEY (variant_id) REFERENCES variants(id)
);
CREATE INDEX package_suppliers_by_decider ON package_suppliers (decided_by);
CREATE INDEX package_suppliers_by_listing ON package_suppliers (listing_id);
CREATE INDEX package_suppliers_by_producer ON package_suppliers (producer_id, package_id);
CREATE INDEX package_suppliers_by_variant ON package_suppliers (variant_id);
CREATE CONSTRAINT TRIGGER package_suppliers_complete AFTER INSERT
    OR UPDATE ON package_suppliers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_package();
GRANT SELECT, INSERT (package_id, "position", ordinal, producer_id, listing_id, variant_id, state, decided_by,
    decided_at), UPDATE (state, decided_by, decided_at) ON package_suppliers TO market_app;
