-- Package: reports.
-- What is published of a closed quarter: figures of a county, its townships and its operators, without small ones.
CREATE TABLE open_figures (
    county_code  text NOT NULL,
    quarter      date NOT NULL,
    part         text NOT NULL,
    users        integer,
    households   integer,
    conceded_fen bigint,
    public_fen   bigint,
    published_at timestamptz NOT NULL,
    CONSTRAINT open_figures_unique PRIMARY KEY (quarter, county_code, part),
    CONSTRAINT open_figures_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT open_figures_quarter CHECK (extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    CONSTRAINT open_figures_part CHECK (
        part IN ('all', 'none', 'mobile', 'unicom', 'telecom') OR part ~ '^[0-9]{9}$' AND left(part, 6) = county_code),
    CONSTRAINT open_figures_hidden CHECK (
        num_nulls(users, households, conceded_fen, public_fen) IN (0, 4)),
    CONSTRAINT open_figures_not_small CHECK (least(users, households) = 0 OR least(users, households) >= 10)
);
COMMENT ON COLUMN open_figures.part IS 'The whole county (all), a township of nine digits, no village (none), or an operator.';
COMMENT ON COLUMN open_figures.users IS 'Null where the figures are hidden.';

ALTER TABLE open_figures ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_figures_public ON open_figures FOR SELECT TO market_app USING (true);
CREATE POLICY open_figures_of_region ON open_figures TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON open_figures TO market_app;
