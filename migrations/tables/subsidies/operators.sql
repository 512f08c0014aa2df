-- What an operator and the county write to each other about a file.
CREATE TABLE file_notes (
    file_id uuid NOT NULL,
    "position" integer NOT NULL,
    county_code text NOT NULL,
    account_id uuid NOT NULL,
    by_operator boolean NOT NULL,
    text text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    -- What an operator and the county write about a bill names people: it is sealed. The service leaves `text` empty.
    text_sealed bytea,
    CONSTRAINT file_notes_position CHECK (("position" >= 1) AND ("position" <= 50)),
    CONSTRAINT file_notes_text_length CHECK (length(text) <= 500),
    CONSTRAINT file_notes_text_once CHECK ((text_sealed IS NULL) = (text <> '')),
    PRIMARY KEY (file_id, "position"),
    CONSTRAINT file_notes_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT file_notes_file FOREIGN KEY (file_id) REFERENCES import_files(id)
);
CREATE INDEX file_notes_by_account ON file_notes (account_id);
CREATE TRIGGER file_notes_append_only BEFORE DELETE
    OR UPDATE OF file_id, "position", county_code, account_id, by_operator, at ON file_notes FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER file_notes_no_truncate BEFORE TRUNCATE ON file_notes FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE file_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY file_notes_visible_county ON file_notes TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (file_id, "position", county_code, account_id, by_operator, at,
    text_sealed) ON file_notes TO market_app;

-- Which reminders of a month's bill were sent to an operator: five days and one day before it is due, and when it is
-- late.
CREATE TABLE file_reminders (
    county_code text NOT NULL,
    operator text NOT NULL,
    month date NOT NULL,
    stage text NOT NULL,
    sent_at timestamptz NOT NULL,
    CONSTRAINT file_reminders_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT file_reminders_month CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT file_reminders_operator CHECK (operator IN ('mobile', 'unicom', 'telecom')),
    CONSTRAINT file_reminders_stage CHECK (stage IN ('soon', 'tomorrow', 'late')),
    PRIMARY KEY (county_code, operator, month, stage)
);
ALTER TABLE file_reminders ENABLE ROW LEVEL SECURITY;
-- The CASE is for the planner (see the policies of the other tables of a county).
CREATE POLICY file_reminders_visible_county ON file_reminders TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON file_reminders TO market_app;

-- The rows of a bill that were not taken, as the operator wrote them, with what is wrong.
CREATE TABLE rejected_rows (
    file_id uuid PRIMARY KEY,
    county_code text NOT NULL,
    rows integer NOT NULL,
    content_sealed bytea NOT NULL,
    CONSTRAINT rejected_rows_rows CHECK (rows > 0),
    CONSTRAINT rejected_rows_file FOREIGN KEY (file_id, rows) REFERENCES import_files(id, rejected)
);
CREATE TRIGGER rejected_rows_append_only BEFORE DELETE OR UPDATE OF file_id, county_code, rows ON rejected_rows
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rejected_rows_no_truncate BEFORE TRUNCATE ON rejected_rows FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE rejected_rows ENABLE ROW LEVEL SECURITY;
-- The CASE is for the planner (see the policies of the other tables of a county).
CREATE POLICY rejected_rows_visible_county ON rejected_rows TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON rejected_rows TO market_app;
