CREATE TABLE return_files (
    file_id uuid PRIMARY KEY,
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    revision smallint NOT NULL,
    settlement_sha256 text NOT NULL,
    settled_fen bigint NOT NULL,
    credited_fen bigint NOT NULL,
    taken_at timestamptz NOT NULL,
    CONSTRAINT return_files_revision CHECK (revision >= 1),
    CONSTRAINT return_files_sha256 CHECK (settlement_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT return_files_unique UNIQUE (cycle_id, operator, revision),
    CONSTRAINT return_files_file FOREIGN KEY (file_id) REFERENCES import_files(id),
    CONSTRAINT return_files_settlement FOREIGN KEY (cycle_id, operator, settled_fen)
        REFERENCES settlements(cycle_id, operator, pay_fen)
);
CREATE CONSTRAINT TRIGGER return_files_add_up AFTER INSERT ON return_files DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_return_file();
CREATE TRIGGER return_files_append_only BEFORE DELETE OR UPDATE ON return_files FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_files_no_truncate BEFORE TRUNCATE ON return_files FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE return_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY return_files_visible_county ON return_files TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON return_files TO market_app;

-- How each operator's month was reconciled; without a file only the county's own sums were compared.
CREATE TABLE reconciliations (
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    file_id uuid,
    settled_fen bigint NOT NULL,
    credited_fen bigint,
    accepted_fen bigint,
    reconciled_at timestamptz NOT NULL,
    round integer NOT NULL DEFAULT 1,
    CONSTRAINT reconciliations_add_up CHECK ((credited_fen + accepted_fen) = settled_fen),
    CONSTRAINT reconciliations_compared CHECK (((file_id IS NULL) = (credited_fen IS NULL))
        AND ((file_id IS NULL) = (accepted_fen IS NULL))),
    CONSTRAINT reconciliations_round CHECK (round >= 1),
    PRIMARY KEY (cycle_id, operator, round),
    CONSTRAINT reconciliations_file FOREIGN KEY (file_id) REFERENCES return_files(file_id),
    CONSTRAINT reconciliations_settlement FOREIGN KEY (cycle_id, operator, settled_fen)
        REFERENCES settlements(cycle_id, operator, pay_fen)
);
CREATE TRIGGER reconciliations_append_only BEFORE DELETE OR UPDATE ON reconciliations FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reconciliations_no_truncate BEFORE TRUNCATE ON reconciliations FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE reconciliations ENABLE ROW LEVEL SECURITY;
CREATE POLICY reconciliations_visible_county ON reconciliations TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON reconciliations TO market_app;

-- `line_code` and `for_month` are as written; a code that the settlement file does not have is not stored.
CREATE TABLE return_rows (
    file_id uuid NOT NULL,
    row_number integer NOT NULL,
    county_code text NOT NULL,
    line_code text,
    for_month date NOT NULL,
    number_id bigint NOT NULL,
    credited_fen bigint NOT NULL,
    returned boolean NOT NULL,
    CONSTRAINT return_rows_month CHECK (EXTRACT(day FROM for_month) = (1)::numeric),
    CONSTRAINT return_rows_returned CHECK ((NOT returned) OR (credited_fen = 0)),
    CONSTRAINT return_rows_row CHECK (row_number >= 2),
    PRIMARY KEY (file_id, row_number),
    CONSTRAINT return_rows_file FOREIGN KEY (file_id) REFERENCES return_files(file_id),
    CONSTRAINT return_rows_number FOREIGN KEY (number_id) REFERENCES identifiers(id)
);
CREATE TRIGGER return_rows_append_only BEFORE DELETE OR UPDATE ON return_rows FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_rows_no_truncate BEFORE TRUNCATE ON return_rows FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE return_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY return_rows_visible_county ON return_rows TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON return_rows TO market_app;

-- `settled_fen` belongs to `line_code` and `for_month` of the settlement file, `credited_fen` to the row of the return
-- file; `since` is when the first file had the difference.
CREATE TABLE return_differences (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    file_id uuid NOT NULL,
    county_code text NOT NULL,
    kind text NOT NULL,
    line_code text,
    for_month date,
    settled_fen bigint,
    row_number integer,
    credited_fen bigint,
    since timestamptz NOT NULL,
    outcome text,
    why text,
    answered_by uuid,
    answered_at timestamptz,
    CONSTRAINT return_differences_answer CHECK (((outcome IS NULL) = (why IS NULL))
        AND ((outcome IS NULL) = (answered_by IS NULL)) AND ((outcome IS NULL) = (answered_at IS NULL))),
    CONSTRAINT return_differences_credited CHECK (((row_number IS NULL) = (credited_fen IS NULL))
        AND ((row_number IS NULL) = (kind IN ('missing', 'other_file')))),
    CONSTRAINT return_differences_kind
        CHECK (kind IN ('missing', 'less', 'more', 'returned', 'other_number', 'wrong_month', 'twice', 'unknown_line',
        'other_file')),
    CONSTRAINT return_differences_outcome CHECK (outcome = 'accepted'),
    -- What came back was not paid: saying that it is no difference would leave it paid.
    CONSTRAINT return_differences_returned_stops CHECK ((kind <> 'returned') OR (outcome IS DISTINCT
        FROM 'accepted')),
    CONSTRAINT return_differences_settled CHECK (((line_code IS NULL) = (settled_fen IS NULL))
        AND ((for_month IS NULL) = (settled_fen IS NULL))
        AND ((settled_fen IS NULL) = ((kind IN ('twice', 'unknown_line', 'other_file')) OR ((kind = 'wrong_month')
        AND (line_code IS NULL))))),
    CONSTRAINT return_differences_why CHECK (length(why) BETWEEN 1 AND 500),
    CONSTRAINT return_differences_row_once UNIQUE (file_id, row_number),
    CONSTRAINT return_differences_settled_once UNIQUE (file_id, line_code, for_month),
    CONSTRAINT return_differences_answered_by FOREIGN KEY (answered_by) REFERENCES accounts(id),
    CONSTRAINT return_differences_file FOREIGN KEY (file_id) REFERENCES return_files(file_id),
    CONSTRAINT return_differences_row FOREIGN KEY (file_id, row_number) REFERENCES return_rows(file_id, row_number)
);
-- An answer is given once.
CREATE TRIGGER return_differences_answered_once BEFORE UPDATE ON return_differences
    FOR EACH ROW WHEN ((old.outcome IS NOT NULL)) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_differences_no_delete BEFORE DELETE ON return_differences FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_differences_no_truncate BEFORE TRUNCATE ON return_differences FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE return_differences ENABLE ROW LEVEL SECURITY;
CREATE POLICY return_differences_visible_county ON return_differences TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (file_id, county_code, kind, line_code, for_month, settled_fen, row_number, credited_fen, since),
    UPDATE (outcome, why, answered_by, answered_at) ON return_differences TO market_app;

CREATE TABLE settlement_files (
    cycle_id uuid NOT NULL,
    operator text NOT NULL,
    county_code text NOT NULL,
    rows integer NOT NULL,
    sum_fen bigint NOT NULL,
    sha256 text NOT NULL,
    content_sealed bytea NOT NULL,
    CONSTRAINT settlement_files_rows CHECK (rows >= 0),
    CONSTRAINT settlement_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (cycle_id, operator),
    CONSTRAINT settlement_files_paid FOREIGN KEY (cycle_id, operator, sum_fen)
        REFERENCES settlements(cycle_id, operator, pay_fen)
);
ALTER TABLE ONLY settlement_files ALTER COLUMN content_sealed SET STORAGE EXTERNAL;
-- Only the sealed column may change, when keys rotate.
CREATE TRIGGER settlement_files_append_only BEFORE DELETE
    OR UPDATE OF cycle_id, operator, county_code, rows, sum_fen, sha256 ON settlement_files FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_files_no_truncate BEFORE TRUNCATE ON settlement_files FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
ALTER TABLE settlement_files ENABLE ROW LEVEL SECURITY;
-- Sealed bytes cannot be compressed.
CREATE POLICY settlement_files_visible_county ON settlement_files TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON settlement_files TO market_app;
