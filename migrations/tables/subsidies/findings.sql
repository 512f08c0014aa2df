-- `month` is set for monthly checks; other checks open one finding per subject.
CREATE TABLE findings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    check_code text NOT NULL,
    subject text NOT NULL,
    month date,
    stops boolean NOT NULL,
    at_risk_fen bigint NOT NULL,
    evidence text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL,
    -- The months whose latest run sees a finding; an open finding lapses when none is left.
    seen_in date[] NOT NULL DEFAULT '{}'::date[],
    -- When a run last saw the finding; facts that are changed later may be why none sees it any more.
    seen_at timestamptz,
    -- The time of the facts on which the evidence rests.
    facts_at timestamptz NOT NULL,
    CONSTRAINT findings_at_risk CHECK (at_risk_fen >= 0),
    CONSTRAINT findings_state CHECK (state IN ('open', 'decided', 'lapsed')),
    CONSTRAINT findings_unique UNIQUE NULLS NOT DISTINCT (county_code, check_code, subject, month),
    CONSTRAINT findings_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id)
);
CREATE INDEX findings_by_cycle ON findings (cycle_id, state);
ALTER TABLE findings ENABLE ROW LEVEL SECURITY;
CREATE POLICY findings_visible_county ON findings TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (cycle_id, at_risk_fen, evidence, state, opened_at, seen_in, seen_at,
    facts_at) ON findings TO market_app;

CREATE TABLE finding_lines (
    finding_id uuid NOT NULL,
    line_code text NOT NULL,
    county_code text NOT NULL,
    verdict text,
    -- Set for a line that would leave an open finding because its facts were changed after this time, when a run last
    -- saw it there; it stays until a person decides.
    changed_after timestamptz,
    -- The time of the facts with which the line was asked about last, if it is later than that of the finding; with a
    -- verdict, the time of the facts on which it rests.
    facts_at timestamptz,
    CONSTRAINT finding_lines_facts_of_verdict CHECK ((verdict IS NULL) OR (facts_at IS NOT NULL)),
    CONSTRAINT finding_lines_verdict CHECK (verdict IN ('pay', 'stop')),
    CONSTRAINT finding_lines_unique PRIMARY KEY (finding_id, line_code),
    CONSTRAINT finding_lines_finding FOREIGN KEY (finding_id) REFERENCES findings(id)
);
CREATE INDEX finding_lines_by_line ON finding_lines (county_code, line_code);
ALTER TABLE finding_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY finding_lines_visible_county ON finding_lines TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE, UPDATE (verdict, changed_after, facts_at) ON finding_lines TO market_app;

CREATE TABLE finding_decisions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    finding_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    account_id uuid NOT NULL,
    pays text[] NOT NULL,
    stops text[] NOT NULL,
    why text NOT NULL,
    decided_at timestamptz NOT NULL,
    evidence text NOT NULL DEFAULT '',
    CONSTRAINT finding_decisions_why CHECK (length(why) BETWEEN 1 AND 500),
    CONSTRAINT finding_decisions_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT finding_decisions_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id),
    CONSTRAINT finding_decisions_finding FOREIGN KEY (finding_id) REFERENCES findings(id)
);
CREATE INDEX finding_decisions_by_finding ON finding_decisions (finding_id, decided_at);
CREATE TRIGGER finding_decisions_append_only BEFORE DELETE OR UPDATE ON finding_decisions FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER finding_decisions_no_truncate BEFORE TRUNCATE ON finding_decisions FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE finding_decisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY finding_decisions_visible_county ON finding_decisions TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON finding_decisions TO market_app;

-- Suspicions of officials that hold a line until it is settled: who, when and why.
CREATE TABLE line_holds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    cycle_id uuid NOT NULL,
    line_code text NOT NULL,
    account_id uuid NOT NULL,
    why text NOT NULL,
    held_at timestamptz NOT NULL,
    CONSTRAINT line_holds_why CHECK (length(why) BETWEEN 1 AND 500),
    CONSTRAINT line_holds_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT line_holds_cycle FOREIGN KEY (cycle_id) REFERENCES cycles(id)
);
CREATE INDEX line_holds_by_line ON line_holds (county_code, line_code);
CREATE TRIGGER line_holds_append_only BEFORE DELETE OR UPDATE ON line_holds FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_holds_no_truncate BEFORE TRUNCATE ON line_holds FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE line_holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY line_holds_visible_county ON line_holds TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON line_holds TO market_app;
