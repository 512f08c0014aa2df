-- Failures of work that is found by its state, such as overdue receipts: when each item is tried again, and why it
-- failed.
CREATE TABLE jobs.failures (
    job text NOT NULL,
    item uuid NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    next_at timestamptz NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (job, item)
);
-- Failed items are counted by when they are tried again; `infinity` means given up.
CREATE INDEX failures_by_due ON jobs.failures (next_at);
CREATE INDEX failures_by_time ON jobs.failures (job, next_at);
GRANT SELECT, INSERT, DELETE, UPDATE (attempts, next_at, error) ON jobs.failures TO market_app;

CREATE TABLE jobs.schedules (
    name text PRIMARY KEY,
    next_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    finished_at timestamptz
);
GRANT SELECT, INSERT, UPDATE (next_at, attempts, error, finished_at) ON jobs.schedules TO market_app;
