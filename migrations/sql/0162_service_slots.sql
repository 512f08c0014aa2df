-- Package: slots.
-- Courses and clinic days are slots too: in a room of a village, and nothing is paid.
ALTER TABLE slots
    DROP CONSTRAINT slots_kind,
    ADD CONSTRAINT slots_kind CHECK (kind IN ('activity', 'course', 'clinic')) NOT VALID,
    ADD COLUMN village_code text,
    ADD COLUMN room text,
    -- A cancelled slot is of no village: its code may end.
    -- squawk-ignore adding-field-with-default
    ADD COLUMN held_during daterange GENERATED ALWAYS AS (
        CASE WHEN state <> 'cancelled' AND village_code IS NOT NULL
             THEN daterange((lower(during) AT TIME ZONE 'Asia/Shanghai')::date,
                            (lower(during) AT TIME ZONE 'Asia/Shanghai')::date, '[]') END) STORED;
ALTER TABLE slots VALIDATE CONSTRAINT slots_kind;
ALTER TABLE slots
    DROP CONSTRAINT slots_cancelled,
    ADD CONSTRAINT slots_cancelled CHECK (
        (state = 'cancelled') = (cancelled_at IS NOT NULL) AND (state = 'cancelled') = (cancel_reason IS NOT NULL)
        AND (cancel_reason IN ('weather', 'host')) = (cancelled_by IS NOT NULL)
        AND cancel_reason IN ('weather', 'host', 'minimum', 'village')) NOT VALID,
    ADD CONSTRAINT slots_room CHECK (
        (kind = 'activity') = (village_code IS NULL) AND (village_code IS NULL) = (room IS NULL)
        AND length(room) BETWEEN 1 AND 40) NOT VALID,
    ADD CONSTRAINT slots_village FOREIGN KEY (village_code, PERIOD held_during)
        REFERENCES village_periods (code, PERIOD valid_during) NOT VALID,
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT slots_of_kind UNIQUE (id, kind),
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT slots_one_room EXCLUDE USING gist (village_code WITH =, room WITH =, during WITH &&)
        WHERE (state <> 'cancelled');
ALTER TABLE slots VALIDATE CONSTRAINT slots_cancelled;
ALTER TABLE slots VALIDATE CONSTRAINT slots_room;
ALTER TABLE slots VALIDATE CONSTRAINT slots_village;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX slots_by_village ON slots (village_code, lower(during)) WHERE village_code IS NOT NULL;
GRANT INSERT (kind, village_code, room) ON slots TO market_app;

-- A seat: the place of one person in a course or on a clinic day. The person has an account, or is named by the one who
-- signed them up; waiting holds no place, offered holds one until `offered_until`.
ALTER TABLE slot_reservations
    -- squawk-ignore ban-drop-not-null
    ALTER COLUMN suborder_id DROP NOT NULL,
    ADD COLUMN account_id uuid,
    ADD COLUMN signed_up_by uuid,
    ADD COLUMN name_sealed bytea,
    ADD COLUMN name_index bytea,
    ADD COLUMN joined_at timestamptz,
    ADD COLUMN offered_until timestamptz,
    DROP CONSTRAINT slot_reservations_state,
    ADD CONSTRAINT slot_reservations_state CHECK (
        state IN ('waiting', 'offered', 'reserved', 'booked', 'attended', 'missed', 'cancelled', 'expired')) NOT VALID,
    ADD CONSTRAINT slot_reservations_account FOREIGN KEY (account_id) REFERENCES accounts NOT VALID,
    ADD CONSTRAINT slot_reservations_signer FOREIGN KEY (signed_up_by) REFERENCES accounts NOT VALID,
    ADD CONSTRAINT slot_reservations_offered CHECK ((state = 'offered') = (offered_until IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT slot_reservations_name CHECK ((name_sealed IS NULL) = (name_index IS NULL)) NOT VALID,
    -- Who came is forgotten in time, who is to come is not.
    ADD CONSTRAINT slot_reservations_seat CHECK (
        CASE WHEN suborder_id IS NULL
             THEN party = 1 AND joined_at IS NOT NULL AND state <> 'reserved'
                  AND (num_nonnulls(account_id, name_sealed) = 1 AND signed_up_by IS NOT NULL
                       OR num_nonnulls(account_id, name_sealed, signed_up_by) = 0
                          AND state NOT IN ('waiting', 'offered', 'booked'))
             ELSE num_nonnulls(account_id, name_sealed, signed_up_by, joined_at) = 0
                  AND state NOT IN ('waiting', 'offered') END) NOT VALID;
ALTER TABLE slot_reservations VALIDATE CONSTRAINT slot_reservations_state;
ALTER TABLE slot_reservations VALIDATE CONSTRAINT slot_reservations_account;
ALTER TABLE slot_reservations VALIDATE CONSTRAINT slot_reservations_signer;
ALTER TABLE slot_reservations VALIDATE CONSTRAINT slot_reservations_offered;
ALTER TABLE slot_reservations VALIDATE CONSTRAINT slot_reservations_name;
ALTER TABLE slot_reservations VALIDATE CONSTRAINT slot_reservations_seat;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX slot_reservations_one_account ON slot_reservations (slot_id, account_id)
    WHERE account_id IS NOT NULL AND state NOT IN ('cancelled', 'expired');
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX slot_reservations_one_name ON slot_reservations (slot_id, name_index)
    WHERE name_index IS NOT NULL AND state NOT IN ('cancelled', 'expired');
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX slot_reservations_by_account ON slot_reservations (account_id) WHERE account_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX slot_reservations_by_signer ON slot_reservations (signed_up_by) WHERE signed_up_by IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX slot_reservations_lapsing ON slot_reservations (offered_until) WHERE state = 'offered';
GRANT INSERT (account_id, signed_up_by, name_sealed, name_index, joined_at, state),
    UPDATE (account_id, signed_up_by, name_sealed, name_index, offered_until) ON slot_reservations TO market_app;

-- Package: services.
CREATE TABLE course_sessions (
    slot_id         uuid PRIMARY KEY,
    kind            text NOT NULL DEFAULT 'course' CONSTRAINT course_sessions_kind CHECK (kind = 'course'),
    title           text NOT NULL CONSTRAINT course_sessions_title CHECK (length(title) BETWEEN 2 AND 40),
    organiser       text NOT NULL CONSTRAINT course_sessions_organiser CHECK (length(organiser) BETWEEN 2 AND 60),
    organisation_id uuid CONSTRAINT course_sessions_organisation REFERENCES organisations,
    added_by        uuid NOT NULL CONSTRAINT course_sessions_adder REFERENCES accounts,
    CONSTRAINT course_sessions_slot FOREIGN KEY (slot_id, kind) REFERENCES slots (id, kind)
);
COMMENT ON COLUMN course_sessions.organisation_id IS 'The verified organisation of the county with the organiser''s name.';
CREATE INDEX course_sessions_by_organisation ON course_sessions (organisation_id) WHERE organisation_id IS NOT NULL;
CREATE INDEX course_sessions_by_adder ON course_sessions (added_by);
GRANT SELECT, INSERT (slot_id, title, organiser, organisation_id, added_by) ON course_sessions TO market_app;

-- A clinic day says who sees patients where, or by video; what for is nobody's concern here.
CREATE TABLE clinic_days (
    slot_id         uuid PRIMARY KEY,
    kind            text NOT NULL DEFAULT 'clinic' CONSTRAINT clinic_days_kind CHECK (kind = 'clinic'),
    remote          boolean NOT NULL,
    organisation_id uuid NOT NULL CONSTRAINT clinic_days_organisation REFERENCES organisations,
    added_by        uuid NOT NULL CONSTRAINT clinic_days_adder REFERENCES accounts,
    CONSTRAINT clinic_days_slot FOREIGN KEY (slot_id, kind) REFERENCES slots (id, kind)
);
CREATE INDEX clinic_days_by_organisation ON clinic_days (organisation_id);
CREATE INDEX clinic_days_by_adder ON clinic_days (added_by);
GRANT SELECT, INSERT (slot_id, remote, organisation_id, added_by) ON clinic_days TO market_app;

-- 培训证明: of a seat whose person attended the course.
CREATE TABLE course_certificates (
    reservation_id uuid PRIMARY KEY CONSTRAINT course_certificates_seat REFERENCES slot_reservations,
    number         bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT course_certificates_number UNIQUE,
    issued_by      uuid NOT NULL CONSTRAINT course_certificates_issuer REFERENCES accounts,
    issued_at      timestamptz NOT NULL
);
CREATE INDEX course_certificates_by_issuer ON course_certificates (issued_by);
GRANT SELECT, INSERT (reservation_id, issued_by, issued_at) ON course_certificates TO market_app;
