-- Package: reports.
-- The figures of the reports that count, of each closed month by village: sums and numbers, and nothing of a household.
CREATE TABLE counted_months (
    county_code text NOT NULL,
    month       date NOT NULL,
    as_of       timestamptz NOT NULL,
    counted_at  timestamptz NOT NULL,
    CONSTRAINT counted_months_unique PRIMARY KEY (county_code, month),
    CONSTRAINT counted_months_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT counted_months_month CHECK (extract(day FROM month) = 1)
);
COMMENT ON COLUMN counted_months.as_of IS 'The closing of the month: ages are counted to it.';

CREATE TABLE month_figures (
    county_code  text NOT NULL,
    month        date NOT NULL,
    report       text NOT NULL,
    village_code text NOT NULL,
    key          text NOT NULL,
    n            integer NOT NULL,
    fen          bigint NOT NULL,
    CONSTRAINT month_figures_unique PRIMARY KEY (county_code, month, report, village_code, key),
    CONSTRAINT month_figures_month FOREIGN KEY (county_code, month) REFERENCES counted_months ON DELETE CASCADE,
    CONSTRAINT month_figures_n CHECK (n > 0),
    CONSTRAINT month_figures_village CHECK (village_code = '' OR left(village_code, 6) = county_code)
);
COMMENT ON COLUMN month_figures.village_code IS 'Empty for rows without a village.';

ALTER TABLE counted_months ENABLE ROW LEVEL SECURITY;
ALTER TABLE month_figures ENABLE ROW LEVEL SECURITY;
CREATE POLICY counted_months_visible_region ON counted_months TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_region())) THEN true ELSE false END);
CREATE POLICY month_figures_visible_region ON month_figures TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON counted_months TO market_app;
GRANT SELECT, INSERT ON month_figures TO market_app;
