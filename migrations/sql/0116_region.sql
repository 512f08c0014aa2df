-- Package: reports.
-- What a prefecture or a province sees of its counties: where each month stands, and the figures of each quarter. Both
-- hold sums only, and nothing of a household.
ALTER TABLE grants DROP CONSTRAINT grants_role;
ALTER TABLE grants ADD CONSTRAINT grants_role CHECK (role IN (
    'importer', 'policy', 'village', 'township', 'county', 'finance', 'reconciler', 'platform', 'supervisor')) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_role;
ALTER TABLE grants ADD CONSTRAINT grants_supervisor_scope
    CHECK (role <> 'supervisor' OR length(scope) IN (2, 4)) NOT VALID;
ALTER TABLE grants VALIDATE CONSTRAINT grants_supervisor_scope;

CREATE TABLE county_months (
    county_code text NOT NULL,
    month       date NOT NULL,
    state       text NOT NULL,
    changed_at  timestamptz NOT NULL,
    CONSTRAINT county_months_unique PRIMARY KEY (county_code, month),
    CONSTRAINT county_months_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT county_months_month CHECK (extract(day FROM month) = 1)
);
COMMENT ON TABLE county_months IS 'Where each month of each county stands; kept by the trigger of cycles and runs.';

CREATE TABLE quarter_sums (
    county_code             text NOT NULL,
    quarter                 date NOT NULL,
    operator                text NOT NULL,
    kind                    text NOT NULL,
    users                   integer NOT NULL,
    new_users               integer NOT NULL,
    households              integer NOT NULL,
    persons                 integer NOT NULL,
    conceded_fen            bigint NOT NULL,
    public_fen              bigint NOT NULL,
    cumulative_users        integer NOT NULL,
    cumulative_conceded_fen bigint NOT NULL,
    cumulative_public_fen   bigint NOT NULL,
    closed_months           smallint NOT NULL,
    computed_at             timestamptz NOT NULL,
    CONSTRAINT quarter_sums_unique PRIMARY KEY (county_code, quarter, operator, kind),
    CONSTRAINT quarter_sums_quarter CHECK (extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    CONSTRAINT quarter_sums_counts CHECK (
        new_users BETWEEN 0 AND users AND users <= cumulative_users AND households >= 0 AND persons >= 0),
    CONSTRAINT quarter_sums_closed_months CHECK (closed_months BETWEEN 0 AND 3)
);
COMMENT ON TABLE quarter_sums IS 'The rows of the quarterly report (R15) of each county, computed again when a month changed.';
CREATE INDEX quarter_sums_by_quarter ON quarter_sums (quarter, county_code);

ALTER TABLE county_months ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarter_sums ENABLE ROW LEVEL SECURITY;
CREATE POLICY county_months_visible_region ON county_months TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_region())) THEN true ELSE false END);
CREATE POLICY quarter_sums_visible_region ON quarter_sums TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT ON county_months TO market_app;
GRANT SELECT, INSERT, DELETE ON quarter_sums TO market_app;

CREATE TRIGGER cycles_county_months AFTER INSERT OR UPDATE OF state, run_id ON cycles
    FOR EACH ROW EXECUTE FUNCTION note_county_month();
CREATE TRIGGER runs_county_months AFTER INSERT ON runs
    FOR EACH ROW EXECUTE FUNCTION note_county_month_of_run();
INSERT INTO county_months (county_code, month, state, changed_at)
SELECT county_code, month, state, clock_timestamp() FROM cycles;
