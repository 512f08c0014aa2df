-- Package: divisions.
-- From when until when the code of a village is in use, and which village it was merged into.
-- Terms of other tables lie inside a period: FOREIGN KEY (village_code, PERIOD valid_during).
CREATE TABLE village_periods (
    code           text NOT NULL CONSTRAINT village_periods_division REFERENCES divisions,
    valid_during   daterange NOT NULL,
    successor_code text CONSTRAINT village_periods_successor REFERENCES divisions,
    basis          text NOT NULL DEFAULT '',
    CONSTRAINT village_periods_pkey PRIMARY KEY (code, valid_during WITHOUT OVERLAPS),
    CONSTRAINT village_periods_code CHECK (code ~ '^[0-9]{9}' AND right(code, 3) <> '000'),
    CONSTRAINT village_periods_starts CHECK (NOT isempty(valid_during) AND NOT lower_inf(valid_during)),
    CONSTRAINT village_periods_merged CHECK (
        successor_code IS NULL OR (NOT upper_inf(valid_during) AND successor_code <> code))
);
COMMENT ON COLUMN village_periods.basis IS 'The document that began or ended it; empty of those the market began with.';
CREATE INDEX village_periods_by_successor ON village_periods (successor_code) WHERE successor_code IS NOT NULL;
CREATE INDEX village_periods_ended ON village_periods (code) WHERE NOT upper_inf(valid_during);

INSERT INTO village_periods (code, valid_during)
SELECT code, daterange('2002-01-01', NULL) FROM divisions WHERE level = 5;

GRANT SELECT, INSERT, UPDATE (valid_during, successor_code, basis) ON village_periods TO market_app;
GRANT INSERT, DELETE ON holidays TO market_app;

-- Package: county_files.
-- The files that a county imported about its villages: the same file again changes nothing.
CREATE TABLE county_files (
    kind        text NOT NULL CONSTRAINT county_files_kind CHECK (kind ~ '^[a-z_]{2,30}$'),
    county_code text NOT NULL CONSTRAINT county_files_county CHECK (county_code ~ '^[0-9]{6}$'),
    sha256      text NOT NULL CONSTRAINT county_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    name        text NOT NULL CONSTRAINT county_files_name CHECK (length(name) BETWEEN 1 AND 200),
    rows        integer NOT NULL CONSTRAINT county_files_rows CHECK (rows >= 0),
    imported_by uuid NOT NULL CONSTRAINT county_files_importer REFERENCES accounts,
    imported_at timestamptz NOT NULL,
    CONSTRAINT county_files_pkey PRIMARY KEY (kind, county_code, sha256)
);
COMMENT ON COLUMN county_files.county_code IS 'Six digits; 000000 of files for the whole country.';
CREATE INDEX county_files_by_importer ON county_files (imported_by);
ALTER TABLE county_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY county_files_visible_county ON county_files TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON county_files TO market_app;

-- Package: casework.
-- The clock moves a deadline when the days off change.
ALTER TABLE case_events
    DROP CONSTRAINT case_events_move,
    ADD CONSTRAINT case_events_move CHECK (move IN (
        'receive', 'assign', 'extend', 'ask', 'supply', 'escalate', 'answer', 'close', 'reopen', 'withdraw', 'settle',
        'propose', 'agree', 'refuse', 'reschedule')) NOT VALID,
    DROP CONSTRAINT case_events_account_or_clock,
    ADD CONSTRAINT case_events_account_or_clock CHECK (account_id IS NOT NULL OR move IN (
        'receive', 'assign', 'escalate', 'reopen', 'close', 'settle', 'reschedule')) NOT VALID;
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_move;
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_account_or_clock;
