-- 暂停享受: days on which nothing is reduced for an enrolled line, until another person ends them; no file does.
CREATE TABLE enrolment_pauses (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code     text NOT NULL,
    line_code       text NOT NULL,
    paused_during   daterange NOT NULL
                    CONSTRAINT enrolment_pauses_period CHECK (NOT isempty(paused_during) AND NOT lower_inf(paused_during)),
    reason          text NOT NULL
                    CONSTRAINT enrolment_pauses_reason CHECK (reason IN ('asked', 'consent', 'check', 'away', 'other')),
    note_sealed     bytea NOT NULL,
    paused_by       uuid NOT NULL CONSTRAINT enrolment_pauses_pauser REFERENCES accounts,
    paused_person   bytea NOT NULL,
    paused_at       timestamptz NOT NULL,
    ended_by        uuid CONSTRAINT enrolment_pauses_ender REFERENCES accounts,
    ended_person    bytea,
    ended_at        timestamptz,
    end_note_sealed bytea,
    CONSTRAINT enrolment_pauses_enrolment FOREIGN KEY (county_code, line_code) REFERENCES enrolments (county_code, line_code),
    CONSTRAINT enrolment_pauses_one_a_day UNIQUE (county_code, line_code, paused_during WITHOUT OVERLAPS),
    CONSTRAINT enrolment_pauses_ended CHECK ((NOT upper_inf(paused_during)) = (ended_by IS NOT NULL)
                                             AND (ended_by IS NOT NULL) = (ended_person IS NOT NULL)
                                             AND (ended_by IS NOT NULL) = (ended_at IS NOT NULL)
                                             AND (ended_by IS NOT NULL) = (end_note_sealed IS NOT NULL)),
    CONSTRAINT enrolment_pauses_two_people CHECK (ended_person <> paused_person AND ended_by <> paused_by)
);

CREATE TRIGGER enrolment_pauses_people
    BEFORE INSERT OR UPDATE OF paused_during, ended_by, ended_at ON enrolment_pauses
    FOR EACH ROW EXECUTE FUNCTION check_enrolment_pause();
CREATE TRIGGER enrolment_pauses_append_only
    BEFORE DELETE OR UPDATE OF id, county_code, line_code, reason, paused_by, paused_at
    ON enrolment_pauses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrolment_pauses_no_truncate BEFORE TRUNCATE ON enrolment_pauses
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE enrolment_pauses ENABLE ROW LEVEL SECURITY;
CREATE POLICY enrolment_pauses_visible_county ON enrolment_pauses TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at),
      UPDATE (paused_during, ended_by, ended_at, end_note_sealed) ON enrolment_pauses TO market_app;
