CREATE TABLE producers (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    produce text NOT NULL,
    story text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'applied',
    applied_by uuid NOT NULL,
    applied_at timestamptz NOT NULL,
    opened_at timestamptz,
    self_grown boolean NOT NULL DEFAULT true,
    sample boolean NOT NULL DEFAULT false,
    CONSTRAINT producers_kind
        CHECK (kind IN ('household', 'family_farm', 'cooperative', 'company', 'village_station', 'homestay')),
    CONSTRAINT producers_name_length CHECK (length(name) BETWEEN 2 AND 60),
    CONSTRAINT producers_opened_at_matches_state CHECK ((state IN ('open', 'suspended')) = (opened_at IS NOT NULL)),
    CONSTRAINT producers_produce_length CHECK (length(produce) BETWEEN 1 AND 200),
    CONSTRAINT producers_state
        CHECK (state IN ('applied', 'confirmed', 'recommended', 'open', 'refused', 'suspended')),
    CONSTRAINT producers_number UNIQUE (number),
    CONSTRAINT producers_applicant FOREIGN KEY (applied_by) REFERENCES accounts(id),
    CONSTRAINT producers_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX producers_by_county ON producers (county_code, state, id);
CREATE UNIQUE INDEX producers_one_pending_application ON producers (applied_by)
    WHERE (state IN ('applied', 'confirmed', 'recommended'));
CREATE INDEX producers_pending ON producers (id) WHERE (state IN ('applied', 'confirmed', 'recommended'));
GRANT SELECT, INSERT, UPDATE (state, opened_at) ON producers TO market_app;

-- A farm takes no new orders on the days of a closure, and sends nothing. It is open again by itself afterwards.
CREATE TABLE closures (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    closed_during daterange NOT NULL,
    reason text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT closures_days CHECK ((NOT isempty(closed_during)) AND (NOT lower_inf(closed_during))
        AND (NOT upper_inf(closed_during)) AND ((upper(closed_during) - lower(closed_during)) <= 30)),
    CONSTRAINT closures_reason CHECK (reason IN ('harvest', 'road', 'other')),
    CONSTRAINT closures_do_not_overlap UNIQUE (producer_id, closed_during WITHOUT OVERLAPS),
    CONSTRAINT closures_created_by FOREIGN KEY (created_by) REFERENCES accounts(id),
    CONSTRAINT closures_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX closures_by_creator ON closures (created_by);
GRANT SELECT, DELETE, INSERT (producer_id, closed_during, reason, created_by, created_at),
    UPDATE (closed_during) ON closures TO market_app;

CREATE TABLE certificates (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL DEFAULT '',
    issuer text NOT NULL DEFAULT '',
    expires_on date,
    photo_id uuid,
    verified_at timestamptz,
    verified_by uuid,
    -- The number of a certificate is encrypted; the service leaves `number` empty.
    number_index bytea,
    number_sealed bytea,
    area text[] NOT NULL DEFAULT '{}'::text[],
    submitted_by uuid,
    rejected_at timestamptz,
    rejected_by uuid,
    reject_reason text NOT NULL DEFAULT '',
    CONSTRAINT certificates_area CHECK (array_to_string(area, ',') ~ '^([0-9]{2,12}(,|$))*$'),
    CONSTRAINT certificates_kind
        CHECK (kind IN ('identity', 'licence', 'cooperative', 'food_licence', 'small_workshop', 'homestay_permit',
        'origin', 'organic', 'geographical_indication', 'other')),
    CONSTRAINT certificates_rejection_complete CHECK (((rejected_at IS NULL) = (rejected_by IS NULL))
        AND ((rejected_at IS NULL) = (reject_reason = ''))),
    CONSTRAINT certificates_verification_complete CHECK ((verified_at IS NULL) = (verified_by IS NULL)),
    CONSTRAINT certificates_verified_or_rejected CHECK ((verified_at IS NULL) OR (rejected_at IS NULL)),
    CONSTRAINT certificates_photo FOREIGN KEY (photo_id) REFERENCES photos(id),
    CONSTRAINT certificates_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT certificates_rejecter FOREIGN KEY (rejected_by) REFERENCES accounts(id),
    CONSTRAINT certificates_submitter FOREIGN KEY (submitted_by) REFERENCES accounts(id),
    CONSTRAINT certificates_verifier FOREIGN KEY (verified_by) REFERENCES accounts(id)
);
CREATE INDEX certificates_by_end ON certificates (expires_on) WHERE (verified_at IS NOT NULL);
CREATE INDEX certificates_by_photo ON certificates (photo_id) WHERE (photo_id IS NOT NULL);
CREATE INDEX certificates_by_producer ON certificates (producer_id);
CREATE INDEX certificates_waiting ON certificates (producer_id) WHERE ((verified_at IS NULL)
    AND (rejected_at IS NULL));
GRANT SELECT, INSERT, UPDATE (verified_at, verified_by, area, rejected_at, rejected_by,
    reject_reason) ON certificates TO market_app;
COMMENT ON COLUMN certificates.area IS 'of a geographical indication: the divisions of its protected area, each truncated to the digits of its level';

-- The stages of notice, in days before the end, that a certificate's seller was told.
CREATE TABLE certificate_notices (
    certificate_id uuid NOT NULL,
    days smallint NOT NULL,
    noticed_at timestamptz NOT NULL,
    CONSTRAINT certificate_notices_days CHECK (days >= 0),
    CONSTRAINT certificate_notices_unique PRIMARY KEY (certificate_id, days),
    CONSTRAINT certificate_notices_certificate FOREIGN KEY (certificate_id) REFERENCES certificates(id)
);
GRANT SELECT, INSERT ON certificate_notices TO market_app;

CREATE TABLE producer_members (
    producer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role text NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT producer_members_period_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT producer_members_role CHECK (role IN ('owner', 'member', 'helper')),
    CONSTRAINT producer_members_unique PRIMARY KEY (producer_id, account_id, valid_during WITHOUT OVERLAPS),
    CONSTRAINT producer_members_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT producer_members_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX producer_members_by_account ON producer_members (account_id);
GRANT SELECT, INSERT, UPDATE (valid_during) ON producer_members TO market_app;

-- One account takes at most one step of a producer's admission; applying counts as a step.
CREATE TABLE producer_steps (
    producer_id uuid NOT NULL,
    step text NOT NULL,
    account_id uuid NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    -- One step of an admission per person, whatever accounts they use.
    person_key bytea,
    CONSTRAINT producer_steps_reason_length CHECK (length(reason) <= 300),
    CONSTRAINT producer_steps_step
        CHECK (step IN ('apply', 'confirm', 'recommend', 'approve', 'refuse', 'suspend', 'reopen')),
    CONSTRAINT producer_steps_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT producer_steps_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE UNIQUE INDEX producer_steps_one_per_account ON producer_steps (producer_id, account_id)
    WHERE (step IN ('apply', 'confirm', 'recommend', 'approve'));
CREATE UNIQUE INDEX producer_steps_one_per_person ON producer_steps (producer_id, person_key)
    WHERE (step IN ('apply', 'confirm', 'recommend', 'approve'));
CREATE UNIQUE INDEX producer_steps_step_unique ON producer_steps (producer_id, step)
    WHERE (step IN ('apply', 'confirm', 'recommend', 'approve', 'refuse'));
CREATE TRIGGER producer_steps_person BEFORE INSERT ON producer_steps FOR EACH ROW EXECUTE FUNCTION set_person_key();
GRANT SELECT, INSERT ON producer_steps TO market_app;
