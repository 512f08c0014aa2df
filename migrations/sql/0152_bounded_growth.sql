-- Package: storage.
-- How many bytes of files an account has sent on a business day, so that nobody fills the disk.
CREATE TABLE sent_bytes (
    account_id uuid NOT NULL CONSTRAINT sent_bytes_account REFERENCES accounts,
    sent_on    date NOT NULL,
    bytes      bigint NOT NULL CONSTRAINT sent_bytes_positive CHECK (bytes > 0),
    CONSTRAINT sent_bytes_pkey PRIMARY KEY (account_id, sent_on)
);
CREATE INDEX sent_bytes_by_day ON sent_bytes (sent_on);
GRANT SELECT, INSERT, UPDATE (bytes), DELETE ON sent_bytes TO market_app;

-- Package: carriers, visits.
-- What nobody needs any more is deleted; rows are written in the order of time.
CREATE INDEX tracking_facts_by_time ON tracking_facts USING brin (recorded_at);
GRANT DELETE ON tracking_facts TO market_app;
CREATE INDEX check_in_scans_by_time ON check_in_scans USING brin (uploaded_at);
GRANT DELETE ON check_in_scans TO market_app;
