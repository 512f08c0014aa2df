-- Tasks: imports of a county's files and runs of its months, done by the worker for the official who asked for them.
CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    second_factor boolean NOT NULL,
    request_key text NOT NULL,
    input jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    stage text NOT NULL DEFAULT 'waiting',
    outcome_sealed bytea,
    error text,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CONSTRAINT tasks_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT tasks_finished CHECK ((state IN ('done', 'refused', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT tasks_input CHECK ((input ->> 'kind') = ANY (ARRAY['import', 'split', 'run', 'decide'])),
    CONSTRAINT tasks_outcome CHECK ((state IN ('done', 'refused')) = (outcome_sealed IS NOT NULL)),
    CONSTRAINT tasks_request_key CHECK (length(request_key) BETWEEN 1 AND 300),
    CONSTRAINT tasks_stage CHECK (stage IN ('waiting', 'reading', 'checking', 'calculating', 'storing')),
    CONSTRAINT tasks_state CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed')),
    CONSTRAINT tasks_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX tasks_by_account ON tasks (account_id, id);
CREATE INDEX tasks_by_end ON tasks (finished_at);
CREATE INDEX tasks_failed ON tasks (finished_at) WHERE (state = 'failed');
CREATE UNIQUE INDEX tasks_one_running_per_county ON tasks (county_code) WHERE (state = 'running');
CREATE INDEX tasks_unfinished ON tasks (id) WHERE (state IN ('queued', 'running'));
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
-- The CASE is for the planner (see the policies of the other tables of a county).
CREATE POLICY tasks_visible_county ON tasks TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, UPDATE (state, stage, outcome_sealed, error, next_at, finished_at) ON tasks TO market_app;
