-- 农技员: who answers the questions of a county; an account without a role, which sees nothing else.
CREATE TABLE agronomists (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    subject text NOT NULL,
    named_by uuid NOT NULL,
    named_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT agronomists_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT agronomists_subject CHECK (length(subject) BETWEEN 1 AND 40),
    CONSTRAINT agronomists_two_people CHECK (named_by <> account_id),
    CONSTRAINT agronomists_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT agronomists_namer FOREIGN KEY (named_by) REFERENCES accounts(id)
);
CREATE INDEX agronomists_by_account ON agronomists (account_id);
CREATE INDEX agronomists_by_county ON agronomists (county_code);
CREATE INDEX agronomists_by_namer ON agronomists (named_by);
CREATE UNIQUE INDEX agronomists_once ON agronomists (account_id) WHERE (ended_at IS NULL);
GRANT SELECT, INSERT (county_code, account_id, subject, named_by, named_at),
    UPDATE (ended_at) ON agronomists TO market_app;

-- A clinic day says who sees patients where, or by video; what for is nobody's concern here.
CREATE TABLE clinic_days (
    slot_id uuid PRIMARY KEY,
    kind text NOT NULL DEFAULT 'clinic',
    remote boolean NOT NULL,
    organisation_id uuid NOT NULL,
    added_by uuid NOT NULL,
    CONSTRAINT clinic_days_kind CHECK (kind = 'clinic'),
    CONSTRAINT clinic_days_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT clinic_days_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT clinic_days_slot FOREIGN KEY (slot_id, kind) REFERENCES slots(id, kind)
);
CREATE INDEX clinic_days_by_adder ON clinic_days (added_by);
CREATE INDEX clinic_days_by_organisation ON clinic_days (organisation_id);
GRANT SELECT, INSERT (slot_id, remote, organisation_id, added_by) ON clinic_days TO market_app;

-- 培训证明: of a seat whose person attended the course.
CREATE TABLE course_certificates (
    reservation_id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    issued_by uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT course_certificates_number UNIQUE (number),
    CONSTRAINT course_certificates_issuer FOREIGN KEY (issued_by) REFERENCES accounts(id),
    CONSTRAINT course_certificates_seat FOREIGN KEY (reservation_id) REFERENCES slot_reservations(id)
);
CREATE INDEX course_certificates_by_issuer ON course_certificates (issued_by);
GRANT SELECT, INSERT (reservation_id, issued_by, issued_at) ON course_certificates TO market_app;

CREATE TABLE course_sessions (
    slot_id uuid PRIMARY KEY,
    kind text NOT NULL DEFAULT 'course',
    title text NOT NULL,
    organiser text NOT NULL,
    organisation_id uuid,
    added_by uuid NOT NULL,
    CONSTRAINT course_sessions_kind CHECK (kind = 'course'),
    CONSTRAINT course_sessions_organiser CHECK (length(organiser) BETWEEN 2 AND 60),
    CONSTRAINT course_sessions_title CHECK (length(title) BETWEEN 2 AND 40),
    CONSTRAINT course_sessions_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT course_sessions_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT course_sessions_slot FOREIGN KEY (slot_id, kind) REFERENCES slots(id, kind)
);
CREATE INDEX course_sessions_by_adder ON course_sessions (added_by);
CREATE INDEX course_sessions_by_organisation ON course_sessions (organisation_id) WHERE (organisation_id IS NOT NULL);
GRANT SELECT, INSERT (slot_id, title, organiser, organisation_id, added_by) ON course_sessions TO market_app;
COMMENT ON COLUMN course_sessions.organisation_id IS 'The verified organisation of the county with the organiser''s name.';

-- 招工: what an organisation offers, inside a period of its licence; another person of the county checks it before
-- anybody sees it. It ends: nobody finds a job that is long gone.
CREATE TABLE job_postings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organisation_id uuid NOT NULL,
    village_code text NOT NULL,
    title text NOT NULL,
    note text NOT NULL,
    positions integer NOT NULL,
    wage_min_fen bigint NOT NULL,
    wage_max_fen bigint NOT NULL,
    per text NOT NULL,
    valid_during daterange NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    reason text NOT NULL DEFAULT '',
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    checked_by uuid,
    checked_at timestamptz,
    -- A posting that nobody sees any more needs no licence.
    licensed_during daterange GENERATED ALWAYS AS (
CASE
    WHEN (state IN ('draft', 'live',
        'filled')) THEN valid_during
    ELSE NULL::daterange
END) STORED,
    CONSTRAINT job_postings_checked CHECK (((checked_by IS NULL) = (checked_at IS NULL))
        AND ((state IN ('live', 'refused', 'filled')) <= (checked_by IS NOT NULL))),
    CONSTRAINT job_postings_note CHECK (length(note) <= 300),
    CONSTRAINT job_postings_per CHECK (per IN ('day', 'month', 'piece')),
    CONSTRAINT job_postings_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during))),
    CONSTRAINT job_postings_positions CHECK (positions BETWEEN 1 AND 500),
    CONSTRAINT job_postings_reason CHECK (length(reason) <= 200),
    CONSTRAINT job_postings_refused CHECK ((state = 'refused') = (reason <> '')),
    CONSTRAINT job_postings_state CHECK (state IN ('draft', 'live', 'refused', 'filled', 'ended')),
    CONSTRAINT job_postings_title CHECK (length(title) BETWEEN 2 AND 30),
    CONSTRAINT job_postings_two_people CHECK (checked_by <> added_by),
    CONSTRAINT job_postings_wage CHECK ((0 < wage_min_fen) AND (wage_min_fen <= wage_max_fen)
        AND (wage_max_fen <= 10000000)),
    CONSTRAINT job_postings_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT job_postings_checker FOREIGN KEY (checked_by) REFERENCES accounts(id),
    CONSTRAINT job_postings_licence FOREIGN KEY (organisation_id, PERIOD licensed_during)
        REFERENCES organisation_licences(organisation_id, PERIOD valid_during),
    CONSTRAINT job_postings_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT job_postings_village FOREIGN KEY (village_code, PERIOD licensed_during)
        REFERENCES village_periods(code, PERIOD valid_during)
);
CREATE INDEX job_postings_by_adder ON job_postings (added_by);
CREATE INDEX job_postings_by_checker ON job_postings (checked_by) WHERE (checked_by IS NOT NULL);
CREATE INDEX job_postings_by_organisation ON job_postings (organisation_id);
CREATE INDEX job_postings_by_village ON job_postings (village_code);
CREATE INDEX job_postings_to_check ON job_postings (village_code) WHERE (state = 'draft');
GRANT SELECT, INSERT (organisation_id, village_code, title, note, positions, wage_min_fen, wage_max_fen, per,
    valid_during, added_by, added_at), UPDATE (valid_during, state, reason, checked_by,
    checked_at) ON job_postings TO market_app;
COMMENT ON COLUMN job_postings.per IS 'What the wage is paid for: a day, a month or a piece.';

-- Who applies agrees that the employer reads name and telephone; without it nobody applies. Only what the worker
-- confirms is work found.
CREATE TABLE job_applications (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    posting_id uuid NOT NULL,
    account_id uuid NOT NULL,
    consented_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'applied',
    hired_on date,
    hired_by uuid,
    answered_at timestamptz,
    CONSTRAINT job_applications_answered CHECK ((state IN ('confirmed', 'denied')) = (answered_at IS NOT NULL)),
    CONSTRAINT job_applications_hired CHECK (((state IN ('hired', 'confirmed', 'denied')) = (hired_on IS NOT NULL))
        AND ((hired_on IS NULL) = (hired_by IS NULL))),
    CONSTRAINT job_applications_not_own CHECK (hired_by <> account_id),
    CONSTRAINT job_applications_state CHECK (state IN ('applied', 'withdrawn', 'hired', 'confirmed', 'denied')),
    CONSTRAINT job_applications_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT job_applications_hirer FOREIGN KEY (hired_by) REFERENCES accounts(id),
    CONSTRAINT job_applications_posting FOREIGN KEY (posting_id) REFERENCES job_postings(id)
);
CREATE INDEX job_applications_by_account ON job_applications (account_id);
CREATE INDEX job_applications_by_hirer ON job_applications (hired_by) WHERE (hired_by IS NOT NULL);
CREATE UNIQUE INDEX job_applications_once ON job_applications (posting_id, account_id) WHERE (state <> 'withdrawn');
-- The applications that came to nothing, which are deleted half a year after the posting.
CREATE INDEX job_applications_unhired ON job_applications (posting_id) WHERE (state IN ('applied', 'withdrawn'));
GRANT SELECT, DELETE, INSERT (posting_id, account_id, consented_at), UPDATE (state, hired_on, hired_by,
    answered_at) ON job_applications TO market_app;

-- A question; what its neighbours read are the words that the asker saw before, and nothing else of it.
CREATE TABLE questions (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'question',
    village_code text NOT NULL,
    photo_id uuid,
    CONSTRAINT questions_category CHECK (category = 'question'),
    CONSTRAINT questions_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT questions_photo FOREIGN KEY (photo_id) REFERENCES photos(id),
    CONSTRAINT questions_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX questions_by_photo ON questions (photo_id) WHERE (photo_id IS NOT NULL);
CREATE INDEX questions_by_village ON questions (village_code);
ALTER TABLE questions ENABLE ROW LEVEL SECURITY;
CREATE POLICY questions_visible ON questions TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = questions.case_id))));
GRANT SELECT, INSERT (case_id, village_code, photo_id), UPDATE (photo_id) ON questions TO market_app;
