-- 频道: what some counties sell, for the buyers of a city that is paired with them, or of one county.
CREATE TABLE channels (
    code text PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL DEFAULT '',
    "position" smallint NOT NULL DEFAULT 100,
    CONSTRAINT channels_code CHECK (code ~ '^([a-z]{2,20}|[0-9]{6})$'),
    CONSTRAINT channels_kind CHECK (kind IN ('city', 'county')),
    -- A county's channel has the county's code.
    CONSTRAINT channels_kind_by_code CHECK ((kind = 'county') = (code ~ '^[0-9]{6}$')),
    CONSTRAINT channels_name_en CHECK (length(name_en) <= 40),
    CONSTRAINT channels_name_length CHECK (length(name) BETWEEN 2 AND 20),
    CONSTRAINT channels_name UNIQUE (name)
);
INSERT INTO channels (code, kind, name, name_en, position) VALUES
    ('beijing', 'city', '北京', 'Beijing', 1),
    ('shijiazhuang', 'city', '石家庄', 'Shijiazhuang', 3),
    ('tianjin', 'city', '天津', 'Tianjin', 2);
GRANT SELECT, INSERT (code, kind, name) ON channels TO market_app;

CREATE TABLE channel_counties (
    channel text NOT NULL,
    county_code text NOT NULL,
    valid_during daterange NOT NULL,
    basis text NOT NULL,
    CONSTRAINT channel_counties_basis CHECK (length(basis) BETWEEN 2 AND 200),
    CONSTRAINT channel_counties_county CHECK (county_code ~ '^[0-9]{6}$'),
    -- A county's channel sells what that county sells.
    CONSTRAINT channel_counties_own CHECK ((channel !~ '^[0-9]') OR (channel = county_code)),
    CONSTRAINT channel_counties_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    CONSTRAINT channel_counties_once PRIMARY KEY (channel, county_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT channel_counties_channel FOREIGN KEY (channel) REFERENCES channels(code)
);
GRANT SELECT, INSERT, UPDATE (valid_during, basis) ON channel_counties TO market_app;

-- 汇率: what a unit of another currency is worth on a day, to show a price in it; every order is charged in CNY.
CREATE TABLE rates (
    currency text NOT NULL,
    day date NOT NULL,
    fen_per_10000 bigint NOT NULL,
    source text NOT NULL,
    CONSTRAINT rates_currency CHECK ((currency ~ '^[A-Z]{3}$') AND (currency <> 'CNY')),
    CONSTRAINT rates_day CHECK (isfinite(day)),
    CONSTRAINT rates_source CHECK (length(source) BETWEEN 2 AND 100),
    CONSTRAINT rates_value CHECK (fen_per_10000 BETWEEN 1 AND '1000000000000'::bigint),
    CONSTRAINT rates_once PRIMARY KEY (currency, day)
);
GRANT SELECT, INSERT, UPDATE (fen_per_10000, source) ON rates TO market_app;
