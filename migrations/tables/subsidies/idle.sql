CREATE TABLE idle_calls (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    line_code text NOT NULL,
    notice_on date NOT NULL,
    outcome text NOT NULL,
    note_sealed bytea,
    account_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT idle_calls_outcome CHECK (outcome IN ('used', 'will_use', 'wants_end', 'wrong_number', 'not_reached')),
    CONSTRAINT idle_calls_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT idle_calls_line FOREIGN KEY (county_code, line_code) REFERENCES lines(county_code, code)
);
CREATE INDEX idle_calls_by_line ON idle_calls (county_code, line_code, notice_on);
-- The note alone may be encrypted again.
CREATE TRIGGER idle_calls_append_only BEFORE DELETE
    OR UPDATE OF id, county_code, line_code, notice_on, outcome, account_id, at ON idle_calls FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER idle_calls_no_truncate BEFORE TRUNCATE ON idle_calls FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE idle_calls ENABLE ROW LEVEL SECURITY;
CREATE POLICY idle_calls_visible_county ON idle_calls TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, line_code, notice_on, outcome, note_sealed, account_id,
    at) ON idle_calls TO market_app;

-- 闲置的号码: a household is told once of each notice of a line, and what came of a call is kept as it was said.
CREATE TABLE idle_notices (
    county_code text NOT NULL,
    line_code text NOT NULL,
    notice_on date NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT idle_notices_once PRIMARY KEY (county_code, line_code, notice_on),
    CONSTRAINT idle_notices_line FOREIGN KEY (county_code, line_code) REFERENCES lines(county_code, code)
);
CREATE TRIGGER idle_notices_append_only BEFORE DELETE OR UPDATE ON idle_notices FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER idle_notices_no_truncate BEFORE TRUNCATE ON idle_notices FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE idle_notices ENABLE ROW LEVEL SECURITY;
CREATE POLICY idle_notices_visible_county ON idle_notices TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON idle_notices TO market_app;
