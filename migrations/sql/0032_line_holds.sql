-- Suspicions of officials that hold a line until it is settled: who, when and why.
CREATE TABLE line_holds (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id    uuid NOT NULL CONSTRAINT line_holds_cycle REFERENCES cycles,
    line_code   text NOT NULL,
    account_id  uuid NOT NULL CONSTRAINT line_holds_account REFERENCES accounts,
    why         text NOT NULL CONSTRAINT line_holds_why CHECK (length(why) BETWEEN 1 AND 500),
    held_at     timestamptz NOT NULL
);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX line_holds_by_line ON line_holds (county_code, line_code);
ALTER TABLE line_holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY line_holds_visible_county ON line_holds TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON line_holds TO market_app;
CREATE TRIGGER line_holds_append_only BEFORE UPDATE OR DELETE ON line_holds
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_holds_no_truncate BEFORE TRUNCATE ON line_holds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
