-- Failed items are counted by when they are tried again; `infinity` means given up.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX failures_by_due ON jobs.failures (next_at);
