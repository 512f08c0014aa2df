-- Package: counties.
-- When a county sent in (报送) its report of a quarter, who says so, and the figures that it sent; another row is a correction.
CREATE TABLE quarter_submissions (
    county_code   text NOT NULL CONSTRAINT quarter_submissions_county CHECK (county_code ~ '^[0-9]{6}$'),
    quarter       date NOT NULL CONSTRAINT quarter_submissions_quarter CHECK (
        extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    sent_on       date NOT NULL CONSTRAINT quarter_submissions_after_quarter CHECK (sent_on >= quarter + interval '3 months'),
    closed_months smallint NOT NULL CONSTRAINT quarter_submissions_closed_months CHECK (closed_months BETWEEN 0 AND 3),
    users         integer NOT NULL CONSTRAINT quarter_submissions_users CHECK (users >= 0),
    conceded_fen  bigint NOT NULL,
    public_fen    bigint NOT NULL,
    account_id    uuid NOT NULL CONSTRAINT quarter_submissions_account REFERENCES accounts,
    recorded_at   timestamptz NOT NULL,
    CONSTRAINT quarter_submissions_unique PRIMARY KEY (county_code, quarter, sent_on),
    CONSTRAINT quarter_submissions_past CHECK (sent_on <= business_day(recorded_at))
);
COMMENT ON COLUMN quarter_submissions.closed_months IS 'Of the three months, those that were final when it was sent; fewer than three are provisional figures.';
CREATE INDEX quarter_submissions_by_account ON quarter_submissions (account_id);
CREATE TRIGGER quarter_submissions_append_only BEFORE UPDATE OR DELETE ON quarter_submissions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER quarter_submissions_no_truncate BEFORE TRUNCATE ON quarter_submissions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE quarter_submissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY quarter_submissions_visible_region ON quarter_submissions TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT ON quarter_submissions TO market_app;
