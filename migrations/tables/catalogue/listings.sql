CREATE TABLE search_bands (
    band smallint NOT NULL,
    score integer NOT NULL,
    listing_id uuid NOT NULL,
    -- Bands by three instead of by ten: a search reads about three times as many listings as it returns.
    CONSTRAINT search_bands_known CHECK (band BETWEEN 0 AND 7),
    CONSTRAINT search_bands_unique PRIMARY KEY (band)
);
GRANT SELECT ON search_bands TO market_app;
COMMENT ON TABLE search_bands IS 'Package catalogue: the last listing of the best 200, 600 and so on by three to 437,400 by score.';

CREATE TABLE categories (
    code text PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    "position" smallint NOT NULL,
    required_certificates text[] NOT NULL DEFAULT '{}'::text[],
    source text NOT NULL DEFAULT '',
    CONSTRAINT categories_kind CHECK (kind IN ('product', 'stay', 'activity')),
    CONSTRAINT categories_name UNIQUE (name)
);
INSERT INTO categories (code, name, kind, position, required_certificates, source) VALUES
    ('aquatic', '水产', 'product', 10, '{}', '电子商务法 10'),
    ('coarse_grain', '杂粮', 'product', 4, '{}', '电子商务法 10'),
    ('craft', '手工', 'product', 13, '{}', '电子商务法 10'),
    ('flower', '花卉', 'product', 14, '{}', '电子商务法 10'),
    ('fruit', '水果', 'product', 1, '{}', '电子商务法 10'),
    ('grain', '粮食', 'product', 5, '{}', '电子商务法 10'),
    ('herb', '中药材', 'product', 8, '{}', '电子商务法 10'),
    ('livestock', '畜禽', 'product', 9, '{}', '电子商务法 10'),
    ('mushroom', '食用菌', 'product', 7, '{}', '电子商务法 10'),
    ('nut', '干果', 'product', 3, '{}', '电子商务法 10'),
    ('oil', '油料', 'product', 11, '{}', '电子商务法 10'),
    ('outing', '游玩', 'activity', 22, '{}', ''),
    ('picking', '采摘', 'activity', 21, '{}', ''),
    ('processed', '加工', 'product', 12, '{food_licence,small_workshop}', '食品安全法 35, 36'),
    ('stay', '民宿', 'stay', 20, '{homestay_permit}', '旅馆业治安管理办法 4'),
    ('tuber', '薯类', 'product', 6, '{}', '电子商务法 10'),
    ('vegetable', '蔬菜', 'product', 2, '{}', '电子商务法 10');
GRANT SELECT ON categories TO market_app;
COMMENT ON COLUMN categories.required_certificates IS 'a producer needs one of these certificate kinds to publish here';

-- market.catalogue.listings.search.text computes the search columns: the normalized text, its terms (characters, pairs
-- of characters and pairs of initials) and its pinyin.
CREATE TABLE listings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    category_code text NOT NULL,
    title text NOT NULL,
    story text NOT NULL DEFAULT '',
    origin_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(origin_code, 6)) STORED NOT NULL,
    harvest_months smallint[] NOT NULL DEFAULT '{}'::smallint[],
    perishable boolean NOT NULL DEFAULT false,
    photo_id uuid,
    state text NOT NULL DEFAULT 'live',
    commission_bp integer NOT NULL,
    gi text NOT NULL DEFAULT '',
    rating_sum integer NOT NULL DEFAULT 0,
    rating_count integer NOT NULL DEFAULT 0,
    sold_count integer NOT NULL DEFAULT 0,
    score integer NOT NULL DEFAULT 0,
    search_text text NOT NULL,
    search_words tsvector NOT NULL,
    search_pinyin text NOT NULL DEFAULT '',
    published_at timestamptz NOT NULL,
    sample boolean NOT NULL DEFAULT false,
    -- Each correction of name, text, photo or category counts the version up; one made from an older version is
    -- refused.
    version integer NOT NULL DEFAULT 1,
    -- Lists by price and by sales were sorted whole for each page. Both orders have indexes now, and each page starts
    -- where the one before it ended. A sale writes none of them: `ranked_sold_count` is a copy that the nightly scores
    -- make of `sold_count`, in the update that writes the indexes of the score anyway.
    listed_price_fen bigint,
    ranked_sold_count integer NOT NULL DEFAULT 0,
    certified_until date NOT NULL DEFAULT 'infinity'::date,
    -- How goods keep, and where they are not shipped. `storage` replaces `chilled`.
    storage text NOT NULL DEFAULT 'ambient',
    shelf_days smallint,
    no_ship text[] NOT NULL DEFAULT '{}'::text[],
    search_band smallint NOT NULL DEFAULT 0,
    CONSTRAINT listings_commission CHECK (commission_bp BETWEEN 0 AND 10000),
    CONSTRAINT listings_kind CHECK (kind IN ('product', 'stay', 'activity')),
    CONSTRAINT listings_no_ship CHECK (array_to_string(no_ship, ',') ~ '^([0-9]{2}(,|$))*$'),
    CONSTRAINT listings_search_text_not_empty CHECK (search_text <> ''),
    CONSTRAINT listings_shelf_days CHECK (shelf_days BETWEEN 1 AND 3650),
    CONSTRAINT listings_state CHECK (state IN ('draft', 'live', 'withdrawn', 'suspended')),
    CONSTRAINT listings_storage CHECK (storage IN ('ambient', 'chilled', 'frozen')),
    CONSTRAINT listings_story_length CHECK (length(story) <= 2000),
    CONSTRAINT listings_title_length CHECK (length(title) BETWEEN 2 AND 60),
    CONSTRAINT listings_version CHECK (version > 0),
    CONSTRAINT listings_number UNIQUE (number),
    CONSTRAINT listings_category FOREIGN KEY (category_code) REFERENCES categories(code),
    CONSTRAINT listings_origin FOREIGN KEY (origin_code) REFERENCES divisions(code),
    CONSTRAINT listings_photo FOREIGN KEY (photo_id) REFERENCES photos(id),
    CONSTRAINT listings_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
) WITH (fillfactor='80');
CREATE INDEX listings_by_band_words ON listings
    USING gin (list_band_words(search_band,
    search_words));
ALTER INDEX listings_by_band_words ALTER COLUMN 1 SET STATISTICS 0;
CREATE INDEX listings_by_category ON listings (category_code, score DESC, id) WHERE (state = 'live');
CREATE INDEX listings_by_county ON listings (county_code, score DESC, id) WHERE (state = 'live');
-- The stays of the home page were found by walking the listings of every kind.
CREATE INDEX listings_by_kind ON listings (kind, score DESC, id) WHERE (state = 'live');
-- The feed of a channel reads the first packs of each county behind the last number.
CREATE INDEX listings_by_number_county ON listings (county_code, number) WHERE (state = 'live');
-- A photo is public while a listing shows it; every request for a photo checks this.
CREATE INDEX listings_by_photo ON listings (photo_id) WHERE (photo_id IS NOT NULL);
CREATE INDEX listings_by_price ON listings (listed_price_fen, id) WHERE (state = 'live');
CREATE INDEX listings_by_price_category ON listings (category_code, listed_price_fen, id) WHERE (state = 'live');
CREATE INDEX listings_by_price_county ON listings (county_code, listed_price_fen, id) WHERE (state = 'live');
CREATE INDEX listings_by_producer ON listings (producer_id, id);
CREATE INDEX listings_by_sales ON listings (((- ranked_sold_count)), id) WHERE (state = 'live');
CREATE INDEX listings_by_sales_category ON listings (category_code, ((- ranked_sold_count)), id)
    WHERE (state = 'live');
CREATE INDEX listings_by_sales_county ON listings (county_code, ((- ranked_sold_count)), id) WHERE (state = 'live');
CREATE INDEX listings_by_score ON listings (score DESC, id) WHERE (state = 'live');
CREATE INDEX listings_by_search_pinyin ON listings USING gin (search_pinyin gin_trgm_ops);
CREATE INDEX listings_by_search_words ON listings USING gin (search_words);
CREATE INDEX listings_in_season_1 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(1)::smallint]));
CREATE INDEX listings_in_season_10 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(10)::smallint]));
CREATE INDEX listings_in_season_11 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(11)::smallint]));
CREATE INDEX listings_in_season_12 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(12)::smallint]));
CREATE INDEX listings_in_season_2 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(2)::smallint]));
CREATE INDEX listings_in_season_3 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(3)::smallint]));
CREATE INDEX listings_in_season_4 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(4)::smallint]));
CREATE INDEX listings_in_season_5 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(5)::smallint]));
CREATE INDEX listings_in_season_6 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(6)::smallint]));
CREATE INDEX listings_in_season_7 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(7)::smallint]));
CREATE INDEX listings_in_season_8 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(8)::smallint]));
CREATE INDEX listings_in_season_9 ON listings (score DESC, id) WHERE ((state = 'live')
    AND (harvest_months @> ARRAY[(9)::smallint]));
CREATE INDEX listings_on_sale ON listings (county_code, category_code, certified_until) WHERE (state = 'live');
CREATE TRIGGER listings_marked BEFORE INSERT
    OR UPDATE OF score, search_words, kind, category_code, origin_code, harvest_months ON listings FOR EACH ROW
    EXECUTE FUNCTION mark_listing();
GRANT SELECT, INSERT, UPDATE (category_code, title, story, perishable, photo_id, state, gi, rating_sum, rating_count,
    sold_count, score, search_text, search_words, search_pinyin, version, ranked_sold_count, certified_until, storage,
    shelf_days, no_ship) ON listings TO market_app;
COMMENT ON COLUMN listings.listed_price_fen IS 'of the pack at position 0, kept by copy_listing_price';
COMMENT ON COLUMN listings.ranked_sold_count IS 'sold_count when the scores were last computed; lists are ordered by it';
COMMENT ON COLUMN listings.certified_until IS 'the last day on which a certificate that the category requires is valid; a listing is shown and sold until then';
COMMENT ON COLUMN listings.shelf_days IS 'how long it keeps from the day on which it is sent';
COMMENT ON COLUMN listings.no_ship IS 'provinces that it is not shipped to, besides those of its producer''s freight';

CREATE TABLE rooms (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    listing_id uuid NOT NULL,
    "position" smallint NOT NULL,
    name text NOT NULL,
    open boolean NOT NULL DEFAULT true,
    CONSTRAINT rooms_position CHECK (("position" >= 1) AND ("position" <= 200)),
    CONSTRAINT rooms_position_unique UNIQUE (listing_id, "position"),
    CONSTRAINT rooms_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
GRANT SELECT, INSERT, UPDATE (open) ON rooms TO market_app;

CREATE TABLE cancel_tiers (
    listing_id uuid NOT NULL,
    holiday boolean NOT NULL,
    days_before smallint NOT NULL,
    refund_bp integer NOT NULL,
    -- What is refunded to who cancels changes after publishing: each version holds for the orders placed while it was
    -- valid.
    valid_during tstzrange NOT NULL DEFAULT '(,)'::tstzrange,
    CONSTRAINT cancel_tiers_days CHECK (days_before BETWEEN 0 AND 365),
    CONSTRAINT cancel_tiers_refund CHECK (refund_bp BETWEEN 0 AND 10000),
    CONSTRAINT cancel_tiers_valid CHECK (NOT isempty(valid_during)),
    CONSTRAINT cancel_tiers_unique PRIMARY KEY (listing_id, holiday, days_before, valid_during WITHOUT OVERLAPS),
    CONSTRAINT cancel_tiers_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
CREATE INDEX cancel_tiers_by_listing ON cancel_tiers (listing_id);
GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON cancel_tiers TO market_app;

CREATE TABLE freight_templates (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    first_g integer NOT NULL,
    first_fen bigint NOT NULL,
    next_g integer NOT NULL,
    next_fen bigint NOT NULL,
    free_above_fen bigint,
    no_ship text[] NOT NULL DEFAULT '{}'::text[],
    -- Surcharges are added to the freight, also where it is free.
    cold_fen bigint NOT NULL DEFAULT 0,
    no_cold text[] NOT NULL DEFAULT '{}'::text[],
    remote_fen bigint NOT NULL DEFAULT 0,
    remote text[] NOT NULL DEFAULT '{}'::text[],
    CONSTRAINT freight_cold_surcharge CHECK (cold_fen BETWEEN 0 AND 1000000),
    CONSTRAINT freight_first_price CHECK (first_fen BETWEEN 0 AND 1000000),
    CONSTRAINT freight_first_weight CHECK (first_g > 0),
    CONSTRAINT freight_free_above CHECK (free_above_fen > 0),
    CONSTRAINT freight_next_price CHECK (next_fen BETWEEN 0 AND 1000000),
    CONSTRAINT freight_next_weight CHECK (next_g > 0),
    CONSTRAINT freight_no_cold CHECK (array_to_string(no_cold, ',') ~ '^([0-9]{2}(,|$))*$'),
    CONSTRAINT freight_remote CHECK (array_to_string(remote, ',') ~ '^([0-9]{2}(,|$))*$'),
    CONSTRAINT freight_remote_surcharge CHECK (remote_fen BETWEEN 0 AND 1000000),
    CONSTRAINT freight_templates_producer_unique UNIQUE (producer_id),
    CONSTRAINT freight_templates_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
GRANT SELECT, INSERT, UPDATE (first_g, first_fen, next_g, next_fen, free_above_fen, no_ship, cold_fen, no_cold,
    remote_fen, remote) ON freight_templates TO market_app;
COMMENT ON COLUMN freight_templates.no_cold IS 'provinces that the cold chain does not reach';

-- The files of listings that were imported: the same content again changes nothing.
CREATE TABLE listing_files (
    producer_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    name text NOT NULL,
    numbers bigint[] NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT listing_files_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT listing_files_sha256 CHECK (length(sha256) = 32),
    PRIMARY KEY (producer_id, sha256),
    CONSTRAINT listing_files_imported_by FOREIGN KEY (imported_by) REFERENCES accounts(id),
    CONSTRAINT listing_files_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX listing_files_by_importer ON listing_files (imported_by);
GRANT SELECT, INSERT ON listing_files TO market_app;
COMMENT ON COLUMN listing_files.numbers IS 'of the listings that it published, in the order of its rows';

-- More photos of a listing, after its cover (listings.photo_id).
CREATE TABLE listing_photos (
    listing_id uuid NOT NULL,
    "position" smallint NOT NULL,
    photo_id uuid NOT NULL,
    CONSTRAINT listing_photos_bound CHECK (("position" >= 1) AND ("position" <= 5)),
    CONSTRAINT listing_photos_key PRIMARY KEY (listing_id, "position"),
    CONSTRAINT listing_photos_once UNIQUE (listing_id, photo_id),
    CONSTRAINT listing_photos_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT listing_photos_photo FOREIGN KEY (photo_id) REFERENCES photos(id)
);
CREATE INDEX listing_photos_by_photo ON listing_photos (photo_id);
GRANT SELECT, DELETE, INSERT (listing_id, "position", photo_id) ON listing_photos TO market_app;

-- Prices of nights that differ from the base price, which is that of the listing's only variant.
CREATE TABLE night_prices (
    listing_id uuid NOT NULL,
    valid_during daterange NOT NULL,
    price_fen bigint,
    -- Dated terms may set the price, the least number of nights, or both.
    min_nights smallint,
    -- What a day of an activity costs is ruled as a night of a stay is: dated terms, holidays, weekends; with a price
    -- for a child.
    child_price_fen bigint,
    CONSTRAINT night_prices_child_price CHECK ((child_price_fen IS NULL) OR ((price_fen IS NOT NULL)
        AND (child_price_fen BETWEEN 1 AND price_fen))),
    CONSTRAINT night_prices_min_nights CHECK (min_nights BETWEEN 1 AND 30),
    CONSTRAINT night_prices_not_empty CHECK (num_nonnulls(price_fen, min_nights) > 0),
    CONSTRAINT night_prices_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT night_prices_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT night_prices_night_unique PRIMARY KEY (listing_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT night_prices_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
GRANT SELECT, INSERT, DELETE ON night_prices TO market_app;

-- What nights cost and how many a guest stays at least, by rule; an empty holiday is every holiday.
CREATE TABLE night_rules (
    listing_id uuid NOT NULL,
    applies text NOT NULL,
    holiday text NOT NULL DEFAULT '',
    price_fen bigint,
    min_nights smallint,
    child_price_fen bigint,
    CONSTRAINT night_rules_applies CHECK (applies IN ('always', 'weekend', 'holiday')),
    CONSTRAINT night_rules_base_price CHECK ((applies <> 'always') OR (price_fen IS NULL)),
    CONSTRAINT night_rules_child_price CHECK ((child_price_fen IS NULL) OR ((price_fen IS NOT NULL)
        AND (child_price_fen BETWEEN 1 AND price_fen))),
    CONSTRAINT night_rules_holiday CHECK ((applies = 'holiday') OR (holiday = '')),
    CONSTRAINT night_rules_min_nights CHECK (min_nights BETWEEN 1 AND 30),
    CONSTRAINT night_rules_not_empty CHECK (num_nonnulls(price_fen, min_nights) > 0),
    CONSTRAINT night_rules_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT night_rules_unique PRIMARY KEY (listing_id, applies, holiday),
    CONSTRAINT night_rules_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
GRANT SELECT, INSERT, DELETE ON night_rules TO market_app;

-- 预售: a product that is sold before its harvest. The deposit is for one item; the balance is paid from the first to
-- the last day; the parcel is sent in its window.
CREATE TABLE presales (
    listing_id uuid PRIMARY KEY,
    deposit_fen bigint NOT NULL,
    balance_from date NOT NULL,
    balance_until date NOT NULL,
    send_from date NOT NULL,
    send_until date NOT NULL,
    CONSTRAINT presales_balance CHECK ((balance_until >= balance_from) AND (balance_until <= (balance_from + 60))),
    CONSTRAINT presales_deposit CHECK (deposit_fen BETWEEN 1 AND 100000000),
    CONSTRAINT presales_sending CHECK ((send_from >= balance_from) AND (send_until >= balance_until)
        AND ((send_until >= send_from) AND (send_until <= (send_from + 60)))),
    CONSTRAINT presales_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
GRANT SELECT, INSERT, DELETE, UPDATE (deposit_fen, balance_from, balance_until, send_from,
    send_until) ON presales TO market_app;

-- A stay is paid in two parts: a share at once, the rest until some days before arrival.
CREATE TABLE stay_deposits (
    listing_id uuid PRIMARY KEY,
    share_bp integer NOT NULL,
    days_before smallint NOT NULL,
    CONSTRAINT stay_deposits_days CHECK (days_before BETWEEN 1 AND 90),
    CONSTRAINT stay_deposits_share CHECK (share_bp BETWEEN 500 AND 9000),
    CONSTRAINT stay_deposits_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
GRANT SELECT, INSERT, DELETE, UPDATE (share_bp, days_before) ON stay_deposits TO market_app;

CREATE TABLE variants (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    listing_id uuid NOT NULL,
    "position" smallint DEFAULT 0,
    label text NOT NULL DEFAULT '',
    unit text NOT NULL,
    price_fen bigint NOT NULL,
    public_price_fen bigint,
    net_g integer,
    pieces integer,
    gross_g integer NOT NULL DEFAULT 0,
    lot_id uuid,
    lot_units_per_item integer NOT NULL DEFAULT 1,
    -- 称重计价: a pack sold by an estimated weight; the buyer pays at most for `ceiling_bp` of it.
    ceiling_bp integer,
    CONSTRAINT variants_ceiling CHECK (ceiling_bp BETWEEN 10000 AND 12000),
    CONSTRAINT variants_ceiling_weight CHECK ((ceiling_bp IS NULL) OR (net_g IS NOT NULL)),
    CONSTRAINT variants_gross_weight CHECK (gross_g >= 0),
    CONSTRAINT variants_lot_units_per_item CHECK (lot_units_per_item BETWEEN 1 AND 10000),
    CONSTRAINT variants_net_weight CHECK (net_g > 0),
    CONSTRAINT variants_pieces CHECK (pieces > 0),
    CONSTRAINT variants_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT variants_public_price CHECK (public_price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT variants_position_unique UNIQUE (listing_id, "position"),
    CONSTRAINT variants_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT variants_lot FOREIGN KEY (lot_id) REFERENCES lots(id)
);
CREATE INDEX variants_by_lot ON variants (lot_id);
CREATE CONSTRAINT TRIGGER variants_child_price AFTER INSERT OR UPDATE ON variants DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_child_price();
CREATE TRIGGER variants_price AFTER INSERT OR UPDATE OF price_fen, "position" ON variants
    FOR EACH ROW WHEN ((new."position" = 0)) EXECUTE FUNCTION copy_listing_price();
GRANT SELECT, INSERT, UPDATE ("position", price_fen, public_price_fen) ON variants TO market_app;
COMMENT ON COLUMN variants."position" IS 'among the packs of the listing; null once another pack has replaced it';

-- Prices besides the price of one item. An order line keeps the price that applied, and which one it was.
CREATE TABLE tier_prices (
    variant_id uuid NOT NULL,
    from_quantity integer NOT NULL,
    price_fen bigint NOT NULL,
    CONSTRAINT tier_prices_price CHECK (price_fen BETWEEN 1 AND 100000000),
    CONSTRAINT tier_prices_quantity CHECK (from_quantity BETWEEN 2 AND 9999),
    PRIMARY KEY (variant_id, from_quantity),
    CONSTRAINT tier_prices_variant FOREIGN KEY (variant_id) REFERENCES variants(id)
);
GRANT SELECT, INSERT, DELETE ON tier_prices TO market_app;
