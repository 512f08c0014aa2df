-- 督办: what a province or a prefecture asks of a division inside it, by a day; its evidence, and who checked that.
CREATE TABLE supervision_tasks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    parent_id uuid,
    parent_due_on date,
    issuer_scope text NOT NULL,
    assignee_scope text NOT NULL,
    assignee_code text GENERATED ALWAYS AS (rpad(assignee_scope, 12, '0')) STORED NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    basis text NOT NULL,
    due_on date NOT NULL,
    measure text,
    target integer,
    state text NOT NULL DEFAULT 'issued',
    issued_by uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    evidence_text text,
    evidence_figure integer,
    sent_by uuid,
    sent_at timestamptz,
    reason text NOT NULL DEFAULT '',
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT supervision_tasks_assignee CHECK (assignee_scope ~ '^[0-9]{4}([0-9]{2})?$'),
    CONSTRAINT supervision_tasks_basis CHECK (length(basis) BETWEEN 2 AND 100),
    CONSTRAINT supervision_tasks_decided CHECK ((num_nulls(decided_by, decided_at) = ANY (ARRAY[0, 2]))
        AND ((state IN ('issued', 'evidence')) OR (decided_by IS NOT NULL))
        AND ((state <> ALL (ARRAY['returned', 'withdrawn'])) OR (reason <> ''))),
    CONSTRAINT supervision_tasks_evidence CHECK (length(evidence_text) BETWEEN 2 AND 2000),
    CONSTRAINT supervision_tasks_figure CHECK (evidence_figure >= 0),
    CONSTRAINT supervision_tasks_inside CHECK (starts_with(assignee_scope, issuer_scope)
        AND (length(assignee_scope) > length(issuer_scope))),
    CONSTRAINT supervision_tasks_issuer CHECK (issuer_scope ~ '^[0-9]{2}([0-9]{2})?$'),
    CONSTRAINT supervision_tasks_measure CHECK (measure ~ '^[a-z0-9_]{2,40}$'),
    CONSTRAINT supervision_tasks_not_later CHECK (due_on <= parent_due_on),
    CONSTRAINT supervision_tasks_not_past CHECK (due_on >= ((issued_at AT TIME ZONE 'Asia/Shanghai'))::date),
    CONSTRAINT supervision_tasks_of_parent CHECK (num_nulls(parent_id, parent_due_on) = ANY (ARRAY[0, 2])),
    CONSTRAINT supervision_tasks_reason CHECK (length(reason) <= 500),
    CONSTRAINT supervision_tasks_sent CHECK ((num_nulls(evidence_text, sent_by, sent_at) = ANY (ARRAY[0, 3]))
        AND ((sent_by IS NOT NULL) OR ((state IN ('issued', 'withdrawn')) AND (evidence_figure IS NULL)))
        AND ((sent_by IS NULL) OR ((evidence_figure IS NULL) = (measure IS NULL)))),
    CONSTRAINT supervision_tasks_state CHECK (state IN ('issued', 'evidence', 'checked', 'returned', 'withdrawn')),
    CONSTRAINT supervision_tasks_target CHECK (target >= 0),
    CONSTRAINT supervision_tasks_target_of_measure CHECK ((target IS NULL) OR (measure IS NOT NULL)),
    CONSTRAINT supervision_tasks_text CHECK (length(text) BETWEEN 2 AND 1000),
    CONSTRAINT supervision_tasks_title CHECK (length(title) BETWEEN 2 AND 60),
    CONSTRAINT supervision_tasks_two_people CHECK ((state <> ALL (ARRAY['checked', 'returned']))
        OR (decided_by <> sent_by)),
    CONSTRAINT supervision_tasks_as_parent UNIQUE (id, assignee_scope, due_on),
    CONSTRAINT supervision_tasks_number UNIQUE (number),
    CONSTRAINT supervision_tasks_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT supervision_tasks_division FOREIGN KEY (assignee_code) REFERENCES divisions(code),
    -- Who passes a task on is who got it, and asks for it no later.
    CONSTRAINT supervision_tasks_parent FOREIGN KEY (parent_id, issuer_scope, parent_due_on)
        REFERENCES supervision_tasks(id, assignee_scope, due_on),
    CONSTRAINT supervision_tasks_sender FOREIGN KEY (sent_by) REFERENCES accounts(id),
    CONSTRAINT supervision_tasks_writer FOREIGN KEY (issued_by) REFERENCES accounts(id)
);
CREATE INDEX supervision_tasks_by_assignee ON supervision_tasks (assignee_scope, due_on);
CREATE INDEX supervision_tasks_by_decider ON supervision_tasks (decided_by) WHERE (decided_by IS NOT NULL);
CREATE INDEX supervision_tasks_by_division ON supervision_tasks (assignee_code);
CREATE INDEX supervision_tasks_by_issuer ON supervision_tasks (issuer_scope, due_on);
CREATE INDEX supervision_tasks_by_parent ON supervision_tasks (parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX supervision_tasks_by_sender ON supervision_tasks (sent_by) WHERE (sent_by IS NOT NULL);
CREATE INDEX supervision_tasks_by_writer ON supervision_tasks (issued_by);
CREATE INDEX supervision_tasks_to_do ON supervision_tasks (due_on) WHERE (state IN ('issued', 'returned'));
CREATE TRIGGER supervision_tasks_moves BEFORE INSERT OR UPDATE ON supervision_tasks FOR EACH ROW
    EXECUTE FUNCTION check_supervision_task();
CREATE TRIGGER supervision_tasks_recorded AFTER INSERT OR UPDATE ON supervision_tasks FOR EACH ROW
    EXECUTE FUNCTION record_supervision_move();
ALTER TABLE supervision_tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY supervision_tasks_visible_region ON supervision_tasks TO market_app
    USING (CASE WHEN starts_with(assignee_scope,
    (SELECT get_visible_region())) THEN true ELSE false END);
GRANT SELECT, INSERT (parent_id, parent_due_on, issuer_scope, assignee_scope, title, text, basis, due_on, measure,
    target, issued_by, issued_at), UPDATE (state, evidence_text, evidence_figure, sent_by, sent_at, reason,
    decided_by, decided_at) ON supervision_tasks TO market_app;
COMMENT ON COLUMN supervision_tasks.target IS 'The measure should be at most this.';

-- What happened to a task, also every evidence that was returned; and when its officials were reminded, once a day.
CREATE TABLE supervision_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id uuid NOT NULL,
    kind text NOT NULL,
    account_id uuid,
    at timestamptz NOT NULL,
    text text NOT NULL DEFAULT '',
    figure integer,
    day date,
    CONSTRAINT supervision_events_kind
        CHECK (kind IN ('issued', 'evidence', 'checked', 'returned', 'withdrawn', 'reminded')),
    CONSTRAINT supervision_events_reminder CHECK (((kind = 'reminded') = (day IS NOT NULL))
        AND ((kind = 'reminded') = (account_id IS NULL))),
    CONSTRAINT supervision_events_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT supervision_events_task FOREIGN KEY (task_id) REFERENCES supervision_tasks(id)
);
CREATE INDEX supervision_events_by_account ON supervision_events (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX supervision_events_by_task ON supervision_events (task_id, id);
CREATE UNIQUE INDEX supervision_events_one_reminder ON supervision_events (task_id, day) WHERE (kind = 'reminded');
CREATE TRIGGER supervision_events_append_only BEFORE DELETE OR UPDATE ON supervision_events FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER supervision_events_no_truncate BEFORE TRUNCATE ON supervision_events FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE supervision_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY supervision_events_visible ON supervision_events TO market_app
    USING ((EXISTS (SELECT FROM supervision_tasks WHERE (supervision_tasks.id = supervision_events.task_id))));
GRANT SELECT, INSERT (task_id, kind, at, day) ON supervision_events TO market_app;
