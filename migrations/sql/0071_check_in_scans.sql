-- Codes that a host's phone checked without a network, as it uploads them later: what it did, even if it was wrong.
CREATE TABLE check_in_scans (
    nonce       uuid PRIMARY KEY,
    producer_id uuid NOT NULL CONSTRAINT check_in_scans_producer REFERENCES producers,
    visit_id    uuid NOT NULL,
    outcome     text NOT NULL CONSTRAINT check_in_scans_outcome CHECK (
        outcome IN ('admitted', 'again', 'cancelled', 'outside')),
    shown_at    timestamptz NOT NULL,
    uploaded_at timestamptz NOT NULL,
    uploaded_by uuid NOT NULL CONSTRAINT check_in_scans_uploaded_by REFERENCES accounts
);
CREATE INDEX check_in_scans_by_visit ON check_in_scans (visit_id);
CREATE INDEX check_in_scans_by_producer ON check_in_scans (producer_id, uploaded_at);
GRANT SELECT, INSERT ON check_in_scans TO market_app;
