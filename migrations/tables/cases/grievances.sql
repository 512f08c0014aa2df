CREATE TABLE grievances (
    case_id uuid PRIMARY KEY,
    category text NOT NULL,
    county_code text NOT NULL,
    source text NOT NULL,
    anonymous boolean NOT NULL,
    received_by uuid,
    code_hash bytea NOT NULL,
    topic text,
    triage_due_at timestamptz NOT NULL,
    triaged_at timestamptz,
    triaged_by uuid,
    line_code text,
    finding_id uuid,
    lead_id uuid,
    officer_id uuid,
    CONSTRAINT grievances_category CHECK (category = 'grievance'),
    CONSTRAINT grievances_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT grievances_officer_triaged CHECK ((officer_id IS NULL) OR (triaged_at IS NOT NULL)),
    CONSTRAINT grievances_received CHECK ((source = 'web') = (received_by IS NULL)),
    CONSTRAINT grievances_source CHECK (source IN ('web', 'phone', 'visit', 'letter')),
    CONSTRAINT grievances_topic
        CHECK (topic IN ('missing', 'amount', 'stopped', 'not_mine', 'who_gets', 'operator', 'conduct', 'other')),
    CONSTRAINT grievances_triaged CHECK (((triaged_at IS NULL) = (triaged_by IS NULL))
        AND ((triaged_at IS NULL) = (topic IS NULL)) AND ((triaged_at IS NOT NULL)
        OR (num_nonnulls(line_code, finding_id, lead_id) = 0))),
    CONSTRAINT grievances_code UNIQUE (code_hash),
    CONSTRAINT grievances_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT grievances_officer FOREIGN KEY (officer_id) REFERENCES accounts(id),
    CONSTRAINT grievances_receiver FOREIGN KEY (received_by) REFERENCES accounts(id),
    CONSTRAINT grievances_triager FOREIGN KEY (triaged_by) REFERENCES accounts(id)
);
CREATE INDEX grievances_by_county ON grievances (county_code);
CREATE INDEX grievances_by_finding ON grievances (finding_id) WHERE (finding_id IS NOT NULL);
CREATE INDEX grievances_by_lead ON grievances (lead_id) WHERE (lead_id IS NOT NULL);
CREATE INDEX grievances_by_line ON grievances (county_code, line_code) WHERE (line_code IS NOT NULL);
CREATE INDEX grievances_by_officer ON grievances (officer_id) WHERE (officer_id IS NOT NULL);
CREATE INDEX grievances_by_receiver ON grievances (received_by) WHERE (received_by IS NOT NULL);
CREATE INDEX grievances_by_triager ON grievances (triaged_by) WHERE (triaged_by IS NOT NULL);
CREATE INDEX grievances_untriaged ON grievances (county_code) WHERE (anonymous AND (source = 'web')
    AND (triaged_at IS NULL));
ALTER TABLE grievances ENABLE ROW LEVEL SECURITY;
CREATE POLICY grievances_visible ON grievances TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = grievances.case_id))));
GRANT SELECT, INSERT (case_id, category, county_code, source, anonymous, received_by, code_hash, triage_due_at),
    UPDATE (topic, triaged_at, triaged_by, line_code, finding_id, lead_id, officer_id) ON grievances TO market_app;
COMMENT ON COLUMN grievances.code_hash IS 'SHA-256 of the code of the receipt, with which the complainant reads the answer.';

-- How many grievances without a name came from the networks of a bucket on a day, so that one network does not fill a
-- county. A bucket is a byte of a keyed hash of county, day and network: it stands for one network in 256, and says of
-- none that it wrote. Not linked to a grievance; deleted after the day.
CREATE TABLE nameless_grievances (
    county_code text NOT NULL,
    day date NOT NULL,
    bucket smallint NOT NULL,
    count smallint NOT NULL DEFAULT 1,
    CONSTRAINT nameless_grievances_bucket CHECK (bucket BETWEEN 0 AND 255),
    CONSTRAINT nameless_grievances_count CHECK (count > 0),
    CONSTRAINT nameless_grievances_county CHECK (county_code ~ '^[0-9]{6}$'),
    PRIMARY KEY (day, county_code, bucket)
);
GRANT SELECT, INSERT, DELETE, UPDATE (count) ON nameless_grievances TO market_app;
