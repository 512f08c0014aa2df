-- Package: services.
-- 招工: what an organisation offers, inside a period of its licence; another person of the county checks it before anybody
-- sees it. It ends: nobody finds a job that is long gone.
CREATE TABLE job_postings (
    id              uuid DEFAULT uuidv7() PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT job_postings_organisation REFERENCES organisations,
    village_code    text NOT NULL,
    title           text NOT NULL CONSTRAINT job_postings_title CHECK (length(title) BETWEEN 2 AND 30),
    note            text NOT NULL CONSTRAINT job_postings_note CHECK (length(note) <= 300),
    positions       integer NOT NULL CONSTRAINT job_postings_positions CHECK (positions BETWEEN 1 AND 500),
    wage_min_fen    bigint NOT NULL,
    wage_max_fen    bigint NOT NULL,
    per             text NOT NULL CONSTRAINT job_postings_per CHECK (per IN ('day', 'month', 'piece')),
    valid_during    daterange NOT NULL CONSTRAINT job_postings_period CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)),
    state           text NOT NULL DEFAULT 'draft' CONSTRAINT job_postings_state CHECK (
        state IN ('draft', 'live', 'refused', 'filled', 'ended')),
    reason          text NOT NULL DEFAULT '' CONSTRAINT job_postings_reason CHECK (length(reason) <= 200),
    added_by        uuid NOT NULL CONSTRAINT job_postings_adder REFERENCES accounts,
    added_at        timestamptz NOT NULL,
    checked_by      uuid CONSTRAINT job_postings_checker REFERENCES accounts,
    checked_at      timestamptz,
    CONSTRAINT job_postings_wage CHECK (0 < wage_min_fen AND wage_min_fen <= wage_max_fen AND wage_max_fen <= 10000000),
    CONSTRAINT job_postings_checked CHECK (
        (checked_by IS NULL) = (checked_at IS NULL)
        AND (state IN ('live', 'refused', 'filled')) <= (checked_by IS NOT NULL)),
    CONSTRAINT job_postings_two_people CHECK (checked_by <> added_by),
    CONSTRAINT job_postings_refused CHECK ((state = 'refused') = (reason <> '')),
    -- A posting that nobody sees any more needs no licence.
    licensed_during daterange GENERATED ALWAYS AS (
        CASE WHEN state IN ('draft', 'live', 'filled') THEN valid_during END) STORED,
    CONSTRAINT job_postings_licence FOREIGN KEY (organisation_id, PERIOD licensed_during)
        REFERENCES organisation_licences (organisation_id, PERIOD valid_during),
    CONSTRAINT job_postings_village FOREIGN KEY (village_code, PERIOD licensed_during)
        REFERENCES village_periods (code, PERIOD valid_during)
);
COMMENT ON COLUMN job_postings.per IS 'What the wage is paid for: a day, a month or a piece.';
CREATE INDEX job_postings_by_village ON job_postings (village_code);
CREATE INDEX job_postings_by_organisation ON job_postings (organisation_id);
CREATE INDEX job_postings_by_adder ON job_postings (added_by);
CREATE INDEX job_postings_by_checker ON job_postings (checked_by) WHERE checked_by IS NOT NULL;
GRANT SELECT, INSERT (organisation_id, village_code, title, note, positions, wage_min_fen, wage_max_fen, per, valid_during,
                      added_by, added_at),
    UPDATE (valid_during, state, reason, checked_by, checked_at) ON job_postings TO market_app;

-- Who applies agrees that the employer reads name and telephone; without it nobody applies. Only what the worker confirms is
-- work found.
CREATE TABLE job_applications (
    id           uuid DEFAULT uuidv7() PRIMARY KEY,
    posting_id   uuid NOT NULL CONSTRAINT job_applications_posting REFERENCES job_postings,
    account_id   uuid NOT NULL CONSTRAINT job_applications_account REFERENCES accounts,
    consented_at timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'applied' CONSTRAINT job_applications_state CHECK (
        state IN ('applied', 'withdrawn', 'hired', 'confirmed', 'denied')),
    hired_on     date,
    hired_by     uuid CONSTRAINT job_applications_hirer REFERENCES accounts,
    answered_at  timestamptz,
    CONSTRAINT job_applications_hired CHECK (
        (state IN ('hired', 'confirmed', 'denied')) = (hired_on IS NOT NULL) AND (hired_on IS NULL) = (hired_by IS NULL)),
    CONSTRAINT job_applications_answered CHECK ((state IN ('confirmed', 'denied')) = (answered_at IS NOT NULL)),
    CONSTRAINT job_applications_not_own CHECK (hired_by <> account_id)
);
CREATE UNIQUE INDEX job_applications_once ON job_applications (posting_id, account_id) WHERE state <> 'withdrawn';
CREATE INDEX job_applications_by_account ON job_applications (account_id);
CREATE INDEX job_applications_by_hirer ON job_applications (hired_by) WHERE hired_by IS NOT NULL;
GRANT SELECT, INSERT (posting_id, account_id, consented_at), UPDATE (state, hired_on, hired_by, answered_at)
    ON job_applications TO market_app;
GRANT DELETE ON job_applications TO market_app;
