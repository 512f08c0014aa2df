-- Background work without pgqueuer: the queues are polled, and each schedule is a row.
-- Only pgqueuer used it.
-- squawk-ignore ban-drop-schema
DROP SCHEMA jobs CASCADE;
CREATE SCHEMA jobs;

CREATE TABLE jobs.schedules (
    name        text CONSTRAINT schedules_pkey PRIMARY KEY,
    next_at     timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    error       text,
    finished_at timestamptz
);

GRANT USAGE ON SCHEMA jobs TO market_app;
GRANT SELECT, INSERT, UPDATE ON jobs.schedules TO market_app;
