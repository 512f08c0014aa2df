-- Package: grievances.
-- 投诉: what a person says about the reduction, with a name or without one. The county answers, then the level above.
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('grievance', '[2015-01-01,)', '减免投诉', '{county,platform}', '{day,day}', '{15,30}', 15, '信访工作条例 34、35');

CREATE TABLE grievances (
    case_id       uuid PRIMARY KEY,
    category      text NOT NULL CONSTRAINT grievances_category CHECK (category = 'grievance'),
    county_code   text NOT NULL CONSTRAINT grievances_county CHECK (county_code ~ '^[0-9]{6}$'),
    source        text NOT NULL CONSTRAINT grievances_source CHECK (source IN ('web', 'phone', 'visit', 'letter')),
    anonymous     boolean NOT NULL,
    received_by   uuid CONSTRAINT grievances_receiver REFERENCES accounts,
    code_hash     bytea NOT NULL,
    topic         text CONSTRAINT grievances_topic CHECK (
        topic IN ('missing', 'amount', 'stopped', 'not_mine', 'who_gets', 'operator', 'conduct', 'other')),
    triage_due_at timestamptz NOT NULL,
    triaged_at    timestamptz,
    triaged_by    uuid CONSTRAINT grievances_triager REFERENCES accounts,
    line_code     text,
    finding_id    uuid CONSTRAINT grievances_finding REFERENCES findings,
    lead_id       uuid CONSTRAINT grievances_lead REFERENCES leads,
    CONSTRAINT grievances_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category),
    CONSTRAINT grievances_line FOREIGN KEY (county_code, line_code) REFERENCES lines (county_code, code),
    CONSTRAINT grievances_received CHECK ((source = 'web') = (received_by IS NULL)),
    CONSTRAINT grievances_code UNIQUE (code_hash),
    CONSTRAINT grievances_triaged CHECK (
        (triaged_at IS NULL) = (triaged_by IS NULL) AND (triaged_at IS NULL) = (topic IS NULL)
        AND (triaged_at IS NOT NULL OR num_nonnulls(line_code, finding_id, lead_id) = 0))
);
COMMENT ON COLUMN grievances.code_hash IS 'SHA-256 of the code of the receipt, with which the complainant reads the answer.';
CREATE INDEX grievances_by_line ON grievances (county_code, line_code) WHERE line_code IS NOT NULL;
CREATE INDEX grievances_by_finding ON grievances (finding_id) WHERE finding_id IS NOT NULL;
CREATE INDEX grievances_by_lead ON grievances (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX grievances_by_triager ON grievances (triaged_by) WHERE triaged_by IS NOT NULL;
CREATE INDEX grievances_by_receiver ON grievances (received_by) WHERE received_by IS NOT NULL;

ALTER TABLE grievances ENABLE ROW LEVEL SECURITY;
CREATE POLICY grievances_visible ON grievances TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, category, county_code, source, anonymous, received_by, code_hash, triage_due_at),
    UPDATE (topic, triaged_at, triaged_by, line_code, finding_id, lead_id) ON grievances TO market_app;
