-- A key of two texts took two thirds of the time in which a county's bindings are imported. The hash of 64 bits finds the
-- versions of a line as the texts do; two lines of one hash would be refused as one, which a county will not see. Rows of
-- a line are looked up by the B-tree.
-- The two keys are built in one statement, and nobody writes bindings until the commit.
-- squawk-ignore constraint-missing-not-valid, disallowed-unique-constraint
ALTER TABLE bindings
    DROP CONSTRAINT bindings_one_per_line_and_day,
    ADD CONSTRAINT bindings_version PRIMARY KEY (county_code, line_code, valid_during),
    ADD CONSTRAINT bindings_one_per_line_and_day
        EXCLUDE USING gist (hashtextextended(county_code || line_code, 0) WITH =, valid_during WITH &&);
