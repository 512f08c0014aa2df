-- What a programme sets of a check from a day on: whether it is made, and its thresholds.
CREATE TABLE programme_checks (
    county_code    text NOT NULL,
    programme_code text NOT NULL,
    check_code     text NOT NULL CONSTRAINT programme_checks_check CHECK (check_code ~ '^[a-z_]{1,60}$'),
    valid_during   daterange NOT NULL CONSTRAINT programme_checks_period_not_empty CHECK (NOT isempty(valid_during)),
    enabled        boolean NOT NULL,
    thresholds     jsonb NOT NULL CONSTRAINT programme_checks_thresholds CHECK (jsonb_typeof(thresholds) = 'object'),
    basis          text NOT NULL CONSTRAINT programme_checks_basis_length CHECK (length(basis) BETWEEN 1 AND 300),
    file_id        uuid NOT NULL CONSTRAINT programme_checks_file REFERENCES import_files,
    CONSTRAINT programme_checks_programme FOREIGN KEY (county_code, programme_code)
        REFERENCES programmes (county_code, code),
    CONSTRAINT programme_checks_unique
        PRIMARY KEY (county_code, programme_code, check_code, valid_during WITHOUT OVERLAPS)
);
ALTER TABLE programme_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY programme_checks_visible_county ON programme_checks TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT, DELETE ON programme_checks TO market_app;
CREATE TRIGGER programme_checks_keep_changed AFTER UPDATE ON programme_checks FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION keep_fact_version('programme_code');
CREATE TRIGGER programme_checks_keep_removed AFTER DELETE ON programme_checks FOR EACH ROW
    EXECUTE FUNCTION keep_fact_version('programme_code');
