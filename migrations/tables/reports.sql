-- The figures of the reports that count, of each closed month by village: sums and numbers, and nothing of a
-- household.
CREATE TABLE counted_months (
    county_code text NOT NULL,
    month date NOT NULL,
    as_of timestamptz NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT counted_months_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT counted_months_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT counted_months_unique PRIMARY KEY (county_code, month)
);
ALTER TABLE counted_months ENABLE ROW LEVEL SECURITY;
CREATE POLICY counted_months_visible_region ON counted_months TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON counted_months TO market_app;
COMMENT ON COLUMN counted_months.as_of IS 'The closing of the month: ages are counted to it.';

CREATE TABLE county_months (
    county_code text NOT NULL,
    month date NOT NULL,
    state text NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT county_months_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT county_months_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT county_months_unique PRIMARY KEY (county_code, month)
);
ALTER TABLE county_months ENABLE ROW LEVEL SECURITY;
CREATE POLICY county_months_visible_region ON county_months TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT ON county_months TO market_app;
COMMENT ON TABLE county_months IS 'Where each month of each county stands; kept by the trigger of cycles and runs.';

CREATE TABLE month_figures (
    county_code text NOT NULL,
    month date NOT NULL,
    report text NOT NULL,
    village_code text NOT NULL,
    key text NOT NULL,
    n integer NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT month_figures_n CHECK (n > 0),
    CONSTRAINT month_figures_village CHECK ((village_code = '') OR ("left"(village_code, 6) = county_code)),
    CONSTRAINT month_figures_unique PRIMARY KEY (county_code, month, report, village_code, key),
    CONSTRAINT month_figures_month FOREIGN KEY (county_code, month)
        REFERENCES counted_months(county_code, month) ON DELETE CASCADE
);
ALTER TABLE month_figures ENABLE ROW LEVEL SECURITY;
CREATE POLICY month_figures_visible_region ON month_figures TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT ON month_figures TO market_app;
COMMENT ON COLUMN month_figures.village_code IS 'Empty for rows without a village.';

-- What is published of a closed quarter: figures of a county, its townships and its operators, without small ones.
CREATE TABLE open_figures (
    county_code text NOT NULL,
    quarter date NOT NULL,
    part text NOT NULL,
    users integer,
    households integer,
    conceded_fen bigint,
    public_fen bigint,
    published_at timestamptz NOT NULL,
    CONSTRAINT open_figures_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT open_figures_hidden CHECK (num_nulls(users, households, conceded_fen, public_fen) = ANY (ARRAY[0, 4])),
    CONSTRAINT open_figures_not_small CHECK ((LEAST(users, households) = 0) OR (LEAST(users, households) >= 10)),
    CONSTRAINT open_figures_part CHECK ((part IN ('all', 'none', 'mobile', 'unicom', 'telecom'))
        OR ((part ~ '^[0-9]{9}$') AND ("left"(part, 6) = county_code))),
    CONSTRAINT open_figures_quarter CHECK ((EXTRACT(day FROM quarter) = (1)::numeric)
        AND (EXTRACT(month FROM quarter) = ANY (ARRAY[(1)::numeric, (4)::numeric, (7)::numeric, (10)::numeric]))),
    CONSTRAINT open_figures_unique PRIMARY KEY (quarter, county_code, part)
);
ALTER TABLE open_figures ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_figures_of_region ON open_figures TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_region())) THEN true ELSE false END);
CREATE POLICY open_figures_public ON open_figures FOR SELECT TO market_app USING (true);
GRANT SELECT, INSERT, DELETE ON open_figures TO market_app;
COMMENT ON COLUMN open_figures.part IS 'The whole county (all), a township of nine digits, no village (none), or an operator.';
COMMENT ON COLUMN open_figures.users IS 'Null where the figures are hidden.';

CREATE TABLE quarter_sums (
    county_code text NOT NULL,
    quarter date NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    users integer NOT NULL,
    new_users integer NOT NULL,
    households integer NOT NULL,
    persons integer NOT NULL,
    conceded_fen bigint NOT NULL,
    public_fen bigint NOT NULL,
    cumulative_users integer NOT NULL,
    cumulative_conceded_fen bigint NOT NULL,
    cumulative_public_fen bigint NOT NULL,
    closed_months smallint NOT NULL,
    computed_at timestamptz NOT NULL,
    CONSTRAINT quarter_sums_closed_months CHECK (closed_months BETWEEN 0 AND 3),
    CONSTRAINT quarter_sums_counts CHECK ((new_users BETWEEN 0 AND users) AND (users <= cumulative_users)
        AND (households >= 0) AND (persons >= 0)),
    CONSTRAINT quarter_sums_quarter CHECK ((EXTRACT(day FROM quarter) = (1)::numeric)
        AND (EXTRACT(month FROM quarter) = ANY (ARRAY[(1)::numeric, (4)::numeric, (7)::numeric, (10)::numeric]))),
    CONSTRAINT quarter_sums_unique PRIMARY KEY (county_code, quarter, operator, kind)
);
CREATE INDEX quarter_sums_by_quarter ON quarter_sums (quarter, county_code);
ALTER TABLE quarter_sums ENABLE ROW LEVEL SECURITY;
CREATE POLICY quarter_sums_visible_region ON quarter_sums TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON quarter_sums TO market_app;
COMMENT ON TABLE quarter_sums IS 'The rows of the quarterly report (R15) of each county, computed again when a month changed.';
