CREATE TABLE holidays (
    day date PRIMARY KEY,
    name text NOT NULL,
    day_off boolean NOT NULL
);
GRANT SELECT, INSERT, DELETE ON holidays TO market_app;

CREATE TABLE divisions (
    code text PRIMARY KEY,
    name text NOT NULL,
    level smallint NOT NULL,
    parent_code text,
    county_code text GENERATED ALWAYS AS ("left"(code, 6)) STORED NOT NULL,
    pinyin text NOT NULL DEFAULT '',
    initials text NOT NULL DEFAULT '',
    CONSTRAINT divisions_code_format CHECK (code ~ '^[0-9]{12}$'),
    CONSTRAINT divisions_level CHECK (level BETWEEN 1 AND 5),
    CONSTRAINT divisions_parent_unless_province CHECK ((parent_code IS NULL) = (level = 1)),
    CONSTRAINT divisions_parent FOREIGN KEY (parent_code) REFERENCES divisions(code)
);
CREATE INDEX divisions_by_parent ON divisions (parent_code, code);
GRANT SELECT ON divisions TO market_app;

-- Names and official codes by period: seven listed counties were renamed or got a new code.
CREATE TABLE division_names (
    code text NOT NULL,
    valid_during daterange NOT NULL,
    name text NOT NULL,
    official_code text NOT NULL,
    CONSTRAINT division_names_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT division_names_official_code_unique UNIQUE (official_code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT division_names_one_per_day PRIMARY KEY (code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT division_names_division FOREIGN KEY (code) REFERENCES divisions(code)
);
GRANT SELECT ON division_names TO market_app;

CREATE TABLE listed_counties (
    county_code text NOT NULL,
    list text NOT NULL,
    valid_during daterange NOT NULL,
    basis text NOT NULL,
    CONSTRAINT listed_counties_basis_length CHECK (length(basis) BETWEEN 1 AND 200),
    CONSTRAINT listed_counties_list CHECK (list IN ('national', 'provincial')),
    CONSTRAINT listed_counties_unique PRIMARY KEY (county_code, list, valid_during WITHOUT OVERLAPS)
);
GRANT SELECT, INSERT, UPDATE (valid_during, basis) ON listed_counties TO market_app;

-- From when until when the code of a village is in use, and which village it was merged into. Terms of other tables
-- lie inside a period: FOREIGN KEY (village_code, PERIOD valid_during).
CREATE TABLE village_periods (
    code text NOT NULL,
    valid_during daterange NOT NULL,
    successor_code text,
    basis text NOT NULL DEFAULT '',
    CONSTRAINT village_periods_code CHECK ((code ~ '^[0-9]{9}') AND ("right"(code, 3) <> '000')),
    CONSTRAINT village_periods_merged CHECK ((successor_code IS NULL) OR ((NOT upper_inf(valid_during))
        AND (successor_code <> code))),
    CONSTRAINT village_periods_starts CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    PRIMARY KEY (code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT village_periods_division FOREIGN KEY (code) REFERENCES divisions(code),
    CONSTRAINT village_periods_successor FOREIGN KEY (successor_code) REFERENCES divisions(code)
);
CREATE INDEX village_periods_by_successor ON village_periods (successor_code) WHERE (successor_code IS NOT NULL);
CREATE INDEX village_periods_ended ON village_periods (code) WHERE (NOT upper_inf(valid_during));
GRANT SELECT, INSERT, UPDATE (valid_during, successor_code, basis) ON village_periods TO market_app;
COMMENT ON COLUMN village_periods.basis IS 'The document that began or ended it; empty of those the market began with.';
