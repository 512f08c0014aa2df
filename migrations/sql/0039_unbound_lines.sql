-- A line that an operator claims for a number nobody has bound was named by that number. Its code is stored with the id
-- of the encrypted number (YD-#17), a form that no line of a county may have, and the cases that runs keep are sealed.
ALTER TABLE lines ADD CONSTRAINT lines_code_not_stored_number CHECK (code !~ '^(YD|LT|DX)-#[0-9]');

-- Only the sealed case may change, when keys rotate.
DROP TRIGGER case_snapshots_append_only ON case_snapshots;
CREATE TRIGGER case_snapshots_append_only BEFORE DELETE OR UPDATE OF county_code, manifest_sha256 ON case_snapshots
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE case_snapshots ADD COLUMN case_sealed bytea;

-- The revision fills these here.
CREATE TEMPORARY TABLE unbound_lines (
    county_code text NOT NULL,
    line_code   text NOT NULL,
    stored      text NOT NULL,
    PRIMARY KEY (county_code, line_code)
) ON COMMIT DROP;
