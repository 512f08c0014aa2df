-- The lines for which a person was enrolled before. Row-level security lets no index on an expression of `facts` be used,
-- because its functions are not leakproof; the table has the changed facts of the counties alone, and is rewritten in
-- seconds.
-- squawk-ignore adding-field-with-default
ALTER TABLE fact_versions ADD COLUMN enrolled_index bytea GENERATED ALWAYS AS (
    CASE WHEN fact = 'enrolments' THEN decode(substr(facts ->> 'identity_index', 3), 'hex') END) STORED;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX fact_versions_by_enrolled ON fact_versions (county_code, enrolled_index) WHERE enrolled_index IS NOT NULL;
