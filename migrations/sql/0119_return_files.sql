-- What the operators say they credited, compared with the settlement file that each was sent. Every settled sum and
-- every row of a return file agrees, or is in exactly one difference.

ALTER TABLE import_files DROP CONSTRAINT import_files_kind;
ALTER TABLE import_files ADD CONSTRAINT import_files_kind CHECK (kind IN (
    'register', 'programmes', 'plans', 'budget', 'enrolments', 'bindings', 'opening', 'billing', 'usage', 'lists',
    'return')) NOT VALID;
ALTER TABLE import_files VALIDATE CONSTRAINT import_files_kind;
ALTER TABLE import_files ADD CONSTRAINT import_files_return_complete CHECK (
    kind <> 'return' OR (operator IS NOT NULL AND month IS NOT NULL AND sum_fen IS NOT NULL)) NOT VALID;
ALTER TABLE import_files VALIDATE CONSTRAINT import_files_return_complete;
DROP INDEX import_files_name_unique;
CREATE UNIQUE INDEX import_files_name_unique ON import_files (county_code, kind, name)
    WHERE kind IN ('billing', 'usage', 'enrolments', 'bindings', 'opening', 'lists', 'return');

CREATE TABLE return_files (
    file_id           uuid PRIMARY KEY CONSTRAINT return_files_file REFERENCES import_files,
    cycle_id          uuid NOT NULL,
    operator          text NOT NULL,
    county_code       text NOT NULL,
    revision          smallint NOT NULL CONSTRAINT return_files_revision CHECK (revision >= 1),
    settlement_sha256 text NOT NULL CONSTRAINT return_files_sha256 CHECK (settlement_sha256 ~ '^[0-9a-f]{64}$'),
    settled_fen       bigint NOT NULL,
    credited_fen      bigint NOT NULL,
    taken_at          timestamptz NOT NULL,
    CONSTRAINT return_files_unique UNIQUE (cycle_id, operator, revision),
    CONSTRAINT return_files_settlement FOREIGN KEY (cycle_id, operator, settled_fen)
        REFERENCES settlements (cycle_id, operator, pay_fen)
);
-- `line_code` and `for_month` are as written; a code that the settlement file does not have is not stored.
CREATE TABLE return_rows (
    file_id      uuid NOT NULL CONSTRAINT return_rows_file REFERENCES return_files,
    row_number   integer NOT NULL CONSTRAINT return_rows_row CHECK (row_number >= 2),
    county_code  text NOT NULL,
    line_code    text,
    for_month    date NOT NULL CONSTRAINT return_rows_month CHECK (EXTRACT(day FROM for_month) = 1),
    number_id    bigint NOT NULL CONSTRAINT return_rows_number REFERENCES identifiers,
    credited_fen bigint NOT NULL,
    returned     boolean NOT NULL,
    CONSTRAINT return_rows_pkey PRIMARY KEY (file_id, row_number),
    CONSTRAINT return_rows_returned CHECK (NOT returned OR credited_fen = 0)
);
-- `settled_fen` belongs to `line_code` and `for_month` of the settlement file, `credited_fen` to the row of the return
-- file; `since` is when the first file had the difference.
CREATE TABLE return_differences (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    file_id      uuid NOT NULL CONSTRAINT return_differences_file REFERENCES return_files,
    county_code  text NOT NULL,
    kind         text NOT NULL CONSTRAINT return_differences_kind CHECK (kind IN (
        'missing', 'less', 'more', 'returned', 'other_number', 'wrong_month', 'twice', 'unknown_line', 'other_file')),
    line_code    text,
    for_month    date,
    settled_fen  bigint,
    row_number   integer,
    credited_fen bigint,
    since        timestamptz NOT NULL,
    outcome      text CONSTRAINT return_differences_outcome CHECK (outcome = 'accepted'),
    why          text CONSTRAINT return_differences_why CHECK (length(why) BETWEEN 1 AND 500),
    answered_by  uuid CONSTRAINT return_differences_answered_by REFERENCES accounts,
    answered_at  timestamptz,
    CONSTRAINT return_differences_settled_once UNIQUE (file_id, line_code, for_month),
    CONSTRAINT return_differences_row_once UNIQUE (file_id, row_number),
    CONSTRAINT return_differences_row FOREIGN KEY (file_id, row_number) REFERENCES return_rows,
    CONSTRAINT return_differences_settled CHECK (
        (line_code IS NULL) = (settled_fen IS NULL) AND (for_month IS NULL) = (settled_fen IS NULL)
        AND (settled_fen IS NULL) = (kind IN ('twice', 'unknown_line', 'other_file')
                                     OR (kind = 'wrong_month' AND line_code IS NULL))),
    CONSTRAINT return_differences_credited CHECK (
        (row_number IS NULL) = (credited_fen IS NULL) AND (row_number IS NULL) = (kind IN ('missing', 'other_file'))),
    CONSTRAINT return_differences_answer CHECK (
        (outcome IS NULL) = (why IS NULL) AND (outcome IS NULL) = (answered_by IS NULL)
        AND (outcome IS NULL) = (answered_at IS NULL)),
    -- What came back was not paid: saying that it is no difference would leave it paid.
    CONSTRAINT return_differences_returned_stops CHECK (kind <> 'returned' OR outcome IS DISTINCT FROM 'accepted')
);
-- How each operator's month was reconciled; without a file only the county's own sums were compared.
CREATE TABLE reconciliations (
    cycle_id      uuid NOT NULL,
    operator      text NOT NULL,
    county_code   text NOT NULL,
    file_id       uuid CONSTRAINT reconciliations_file REFERENCES return_files,
    settled_fen   bigint NOT NULL,
    credited_fen  bigint,
    accepted_fen  bigint,
    reconciled_at timestamptz NOT NULL,
    CONSTRAINT reconciliations_pkey PRIMARY KEY (cycle_id, operator),
    CONSTRAINT reconciliations_settlement FOREIGN KEY (cycle_id, operator, settled_fen)
        REFERENCES settlements (cycle_id, operator, pay_fen),
    CONSTRAINT reconciliations_compared CHECK (
        (file_id IS NULL) = (credited_fen IS NULL) AND (file_id IS NULL) = (accepted_fen IS NULL)),
    CONSTRAINT reconciliations_add_up CHECK (credited_fen + accepted_fen = settled_fen)
);
