-- Package: channels.
-- 频道: what some counties sell, for the buyers of a city that is paired with them, or of one county.
CREATE TABLE channels (
    code     text PRIMARY KEY CONSTRAINT channels_code CHECK (code ~ '^([a-z]{2,20}|[0-9]{6})$'),
    kind     text NOT NULL CONSTRAINT channels_kind CHECK (kind IN ('city', 'county')),
    name     text NOT NULL CONSTRAINT channels_name_length CHECK (length(name) BETWEEN 2 AND 20)
             CONSTRAINT channels_name UNIQUE,
    name_en  text NOT NULL DEFAULT '' CONSTRAINT channels_name_en CHECK (length(name_en) <= 40),
    position smallint NOT NULL DEFAULT 100,
    -- A county's channel has the county's code.
    CONSTRAINT channels_kind_by_code CHECK ((kind = 'county') = (code ~ '^[0-9]{6}$'))
);
GRANT SELECT, INSERT (code, kind, name) ON channels TO market_app;
INSERT INTO channels (code, kind, name, name_en, position) VALUES
    ('beijing', 'city', '北京', 'Beijing', 1),
    ('tianjin', 'city', '天津', 'Tianjin', 2),
    ('shijiazhuang', 'city', '石家庄', 'Shijiazhuang', 3);

CREATE TABLE channel_counties (
    channel      text NOT NULL CONSTRAINT channel_counties_channel REFERENCES channels,
    county_code  text NOT NULL CONSTRAINT channel_counties_county CHECK (county_code ~ '^[0-9]{6}$'),
    valid_during daterange NOT NULL
                 CONSTRAINT channel_counties_period CHECK (NOT isempty(valid_during) AND NOT lower_inf(valid_during)),
    basis        text NOT NULL CONSTRAINT channel_counties_basis CHECK (length(basis) BETWEEN 2 AND 200),
    CONSTRAINT channel_counties_once PRIMARY KEY (channel, county_code, valid_during WITHOUT OVERLAPS),
    -- A county's channel sells what that county sells.
    CONSTRAINT channel_counties_own CHECK (channel !~ '^[0-9]' OR channel = county_code)
);
GRANT SELECT, INSERT, UPDATE (valid_during, basis) ON channel_counties TO market_app;

-- 汇率: what a unit of another currency is worth on a day, to show a price in it; every order is charged in CNY.
CREATE TABLE rates (
    currency      text NOT NULL CONSTRAINT rates_currency CHECK (currency ~ '^[A-Z]{3}$' AND currency <> 'CNY'),
    day           date NOT NULL CONSTRAINT rates_day CHECK (isfinite(day)),
    fen_per_10000 bigint NOT NULL CONSTRAINT rates_value CHECK (fen_per_10000 BETWEEN 1 AND 1000000000000),
    source        text NOT NULL CONSTRAINT rates_source CHECK (length(source) BETWEEN 2 AND 100),
    CONSTRAINT rates_once PRIMARY KEY (currency, day)
);
GRANT SELECT, INSERT, UPDATE (fen_per_10000, source) ON rates TO market_app;

-- Package: orders.
-- An order is charged in CNY, whatever its buyer was shown. Source: 外汇管理条例 8.
ALTER TABLE orders ADD COLUMN currency text NOT NULL DEFAULT 'CNY'
    CONSTRAINT orders_in_cny CHECK (currency = 'CNY');

-- Package: catalogue.
-- The feed of a channel reads the first packs of each county behind the last number.
CREATE INDEX listings_by_number_county ON listings (county_code, number) WHERE state = 'live';
