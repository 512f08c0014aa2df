-- 暂停享受: days on which nothing is reduced for an enrolled line, until another person ends them; no file does.
CREATE TABLE enrolment_pauses (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    line_code text NOT NULL,
    paused_during daterange NOT NULL,
    reason text NOT NULL,
    note_sealed bytea NOT NULL,
    paused_by uuid NOT NULL,
    paused_person bytea NOT NULL,
    paused_at timestamptz NOT NULL,
    ended_by uuid,
    ended_person bytea,
    ended_at timestamptz,
    end_note_sealed bytea,
    CONSTRAINT enrolment_pauses_ended CHECK (((NOT upper_inf(paused_during)) = (ended_by IS NOT NULL))
        AND ((ended_by IS NOT NULL) = (ended_person IS NOT NULL))
        AND ((ended_by IS NOT NULL) = (ended_at IS NOT NULL))
        AND ((ended_by IS NOT NULL) = (end_note_sealed IS NOT NULL))),
    CONSTRAINT enrolment_pauses_period CHECK ((NOT isempty(paused_during)) AND (NOT lower_inf(paused_during))),
    CONSTRAINT enrolment_pauses_reason CHECK (reason IN ('asked', 'consent', 'check', 'away', 'other')),
    CONSTRAINT enrolment_pauses_two_people CHECK ((ended_person <> paused_person) AND (ended_by <> paused_by)),
    CONSTRAINT enrolment_pauses_one_a_day UNIQUE (county_code, line_code, paused_during WITHOUT OVERLAPS),
    CONSTRAINT enrolment_pauses_ender FOREIGN KEY (ended_by) REFERENCES accounts(id),
    CONSTRAINT enrolment_pauses_enrolment FOREIGN KEY (county_code, line_code)
        REFERENCES enrolments(county_code, line_code),
    CONSTRAINT enrolment_pauses_pauser FOREIGN KEY (paused_by) REFERENCES accounts(id)
);
CREATE TRIGGER enrolment_pauses_append_only BEFORE DELETE
    OR UPDATE OF id, county_code, line_code, reason, paused_by, paused_at ON enrolment_pauses FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrolment_pauses_no_truncate BEFORE TRUNCATE ON enrolment_pauses FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrolment_pauses_people BEFORE INSERT
    OR UPDATE OF paused_during, ended_by, ended_at ON enrolment_pauses FOR EACH ROW
    EXECUTE FUNCTION check_enrolment_pause();
ALTER TABLE enrolment_pauses ENABLE ROW LEVEL SECURITY;
CREATE POLICY enrolment_pauses_visible_county ON enrolment_pauses TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at),
    UPDATE (paused_during, ended_by, ended_at, end_note_sealed) ON enrolment_pauses TO market_app;

-- 业务变更: what happened to a line, reported by one person, taken by another as rows of a bindings file, or refused.
CREATE TABLE line_changes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    county_code text NOT NULL,
    line_code text NOT NULL,
    verb text NOT NULL,
    effective_on date NOT NULL,
    details_sealed bytea,
    note_sealed bytea NOT NULL,
    reported_by uuid NOT NULL,
    reported_person bytea NOT NULL,
    reported_at timestamptz NOT NULL,
    outcome text,
    decided_by uuid,
    decided_person bytea,
    decided_at timestamptz,
    reason_sealed bytea,
    file_id uuid,
    CONSTRAINT line_changes_decided CHECK (((outcome IS NOT NULL) = (decided_by IS NOT NULL))
        AND ((outcome IS NOT NULL) = (decided_at IS NOT NULL))
        AND ((outcome IS NOT NULL) = (decided_person IS NOT NULL))),
    CONSTRAINT line_changes_details
        CHECK ((details_sealed IS NOT NULL) = (verb IN ('replace_sim', 'replace_device', 'transfer', 'port'))),
    -- What is taken has its rows in a file; what is refused says why.
    CONSTRAINT line_changes_file_of_taken CHECK ((NOT (outcome IS DISTINCT FROM 'taken')) = (file_id IS NOT NULL)),
    CONSTRAINT line_changes_not_ahead CHECK (effective_on <= ((reported_at AT TIME ZONE 'Asia/Shanghai'))::date),
    CONSTRAINT line_changes_outcome CHECK (outcome IN ('taken', 'refused')),
    CONSTRAINT line_changes_reason_of_refused
        CHECK ((NOT (outcome IS DISTINCT FROM 'refused')) = (reason_sealed IS NOT NULL)),
    CONSTRAINT line_changes_two_people CHECK ((decided_person <> reported_person) AND (decided_by <> reported_by)),
    CONSTRAINT line_changes_verb
        CHECK (verb IN ('replace_sim', 'replace_device', 'transfer', 'port', 'suspend', 'resume', 'close')),
    CONSTRAINT line_changes_number UNIQUE (number),
    CONSTRAINT line_changes_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT line_changes_file FOREIGN KEY (file_id) REFERENCES import_files(id),
    CONSTRAINT line_changes_line FOREIGN KEY (county_code, line_code) REFERENCES lines(county_code, code),
    CONSTRAINT line_changes_reporter FOREIGN KEY (reported_by) REFERENCES accounts(id)
);
CREATE INDEX line_changes_by_line ON line_changes (county_code, line_code, id);
CREATE UNIQUE INDEX line_changes_one_waiting ON line_changes (county_code, line_code) WHERE (outcome IS NULL);
-- The keys of people are rewritten with the secret, and what is sealed is encrypted again.
CREATE TRIGGER line_changes_append_only BEFORE DELETE
    OR UPDATE OF id, number, county_code, line_code, verb, effective_on, reported_by, reported_at ON line_changes
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_changes_no_truncate BEFORE TRUNCATE ON line_changes FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_changes_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at, file_id ON line_changes
    FOR EACH ROW EXECUTE FUNCTION check_line_change();
ALTER TABLE line_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY line_changes_visible_county ON line_changes TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, line_code, verb, effective_on, details_sealed, note_sealed, reported_by,
    reported_at), UPDATE (outcome, decided_by, decided_at, reason_sealed, file_id) ON line_changes TO market_app;
