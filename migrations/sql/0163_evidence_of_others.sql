-- The lines for which a person was enrolled before.
-- The table has the changed facts of the counties alone: the index is built in seconds.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX fact_versions_by_identity ON fact_versions (county_code, (facts ->> 'identity_index'))
    WHERE fact = 'enrolments';
