-- Failures of work that is found by its state, such as overdue receipts: when each item is tried again, and why it failed.
CREATE TABLE jobs.failures (
    job      text NOT NULL,
    item     uuid NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    next_at  timestamptz NOT NULL,
    error    text NOT NULL,
    CONSTRAINT failures_pkey PRIMARY KEY (job, item)
);
CREATE INDEX failures_by_time ON jobs.failures (job, next_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.failures TO market_app;
