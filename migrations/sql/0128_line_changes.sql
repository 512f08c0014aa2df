-- 业务变更: what happened to a line, reported by one person, taken by another as rows of a bindings file, or refused.
CREATE TABLE line_changes (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    number          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT line_changes_number UNIQUE,
    county_code     text NOT NULL,
    line_code       text NOT NULL,
    verb            text NOT NULL
                    CONSTRAINT line_changes_verb
                    CHECK (verb IN ('replace_sim', 'replace_device', 'transfer', 'port', 'suspend', 'resume', 'close')),
    effective_on    date NOT NULL,
    details_sealed  bytea,
    note_sealed     bytea NOT NULL,
    reported_by     uuid NOT NULL CONSTRAINT line_changes_reporter REFERENCES accounts,
    reported_person bytea NOT NULL,
    reported_at     timestamptz NOT NULL,
    outcome         text CONSTRAINT line_changes_outcome CHECK (outcome IN ('taken', 'refused')),
    decided_by      uuid CONSTRAINT line_changes_decider REFERENCES accounts,
    decided_person  bytea,
    decided_at      timestamptz,
    reason_sealed   bytea,
    file_id         uuid CONSTRAINT line_changes_file REFERENCES import_files,
    CONSTRAINT line_changes_line FOREIGN KEY (county_code, line_code) REFERENCES lines (county_code, code),
    CONSTRAINT line_changes_details
        CHECK ((details_sealed IS NOT NULL) = (verb IN ('replace_sim', 'replace_device', 'transfer', 'port'))),
    CONSTRAINT line_changes_not_ahead CHECK (effective_on <= (reported_at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT line_changes_decided CHECK ((outcome IS NOT NULL) = (decided_by IS NOT NULL)
                                           AND (outcome IS NOT NULL) = (decided_at IS NOT NULL)
                                           AND (outcome IS NOT NULL) = (decided_person IS NOT NULL)),
    CONSTRAINT line_changes_two_people CHECK (decided_person <> reported_person AND decided_by <> reported_by),
    -- What is taken has its rows in a file; what is refused says why.
    CONSTRAINT line_changes_file_of_taken CHECK ((outcome IS NOT DISTINCT FROM 'taken') = (file_id IS NOT NULL)),
    CONSTRAINT line_changes_reason_of_refused
        CHECK ((outcome IS NOT DISTINCT FROM 'refused') = (reason_sealed IS NOT NULL))
);
CREATE UNIQUE INDEX line_changes_one_waiting ON line_changes (county_code, line_code) WHERE outcome IS NULL;
CREATE INDEX line_changes_by_line ON line_changes (county_code, line_code, id);

CREATE TRIGGER line_changes_people BEFORE INSERT OR UPDATE OF outcome, decided_by, decided_at, file_id
    ON line_changes FOR EACH ROW EXECUTE FUNCTION check_line_change();
-- The keys of people are rewritten with the secret, and what is sealed is encrypted again.
CREATE TRIGGER line_changes_append_only
    BEFORE DELETE OR UPDATE OF id, number, county_code, line_code, verb, effective_on, reported_by, reported_at
    ON line_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_changes_no_truncate BEFORE TRUNCATE ON line_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE line_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY line_changes_visible_county ON line_changes TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (county_code, line_code, verb, effective_on, details_sealed, note_sealed, reported_by, reported_at),
      UPDATE (outcome, decided_by, decided_at, reason_sealed, file_id) ON line_changes TO market_app;
