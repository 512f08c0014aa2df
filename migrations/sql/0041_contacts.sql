-- The contact of a village station, or of the desk of a township or a county; the audit record keeps former ones.
CREATE TABLE contacts (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    division_code text NOT NULL CONSTRAINT contacts_division REFERENCES divisions,
    county_code   text GENERATED ALWAYS AS (left(division_code, 6)) STORED NOT NULL,
    name          text NOT NULL CONSTRAINT contacts_name_length CHECK (length(name) BETWEEN 1 AND 30),
    phone         text NOT NULL CONSTRAINT contacts_phone CHECK (phone ~ '^[0-9]{5,12}$'),
    hours         text NOT NULL CONSTRAINT contacts_hours_length CHECK (length(hours) BETWEEN 1 AND 60),
    away_during   daterange CONSTRAINT contacts_away_not_empty CHECK (NOT isempty(away_during)),
    CONSTRAINT contacts_one_per_division UNIQUE (division_code),
    CONSTRAINT contacts_level CHECK (division_code !~ '^[0-9]{4}00')
);
CREATE INDEX contacts_by_county ON contacts (county_code);
COMMENT ON COLUMN contacts.away_during IS 'days on which nobody answers; farmers see the next wider office meanwhile';
GRANT SELECT, INSERT, DELETE ON contacts TO market_app;
GRANT UPDATE (name, phone, hours, away_during) ON contacts TO market_app;
