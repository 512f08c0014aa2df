-- Package: casework.
-- The first level of a case may be an operator. The deadlines are those of 电信条例 for faults: towns 48 hours, the
-- country 72, by the clock and not in working days; then the county, then the platform.
ALTER TABLE case_categories
    DROP CONSTRAINT case_categories_path,
    ADD CONSTRAINT case_categories_path CHECK (
        path <@ '{seller,operator,village,township,county,finance,platform}'
        AND cardinality(path) BETWEEN 1 AND 5) NOT VALID;
ALTER TABLE case_categories VALIDATE CONSTRAINT case_categories_path;
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('outage', '[2015-01-01,)', '没信号', '{operator,county,platform}', '{day,working_day,working_day}', '{3,5,5}', 0,
     '电信条例：农村的障碍 72 小时内修复'),
    ('outage_town', '[2015-01-01,)', '没信号（城镇）', '{operator,county,platform}', '{day,working_day,working_day}',
     '{2,5,5}', 0, '电信条例：城镇的障碍 48 小时内修复');

-- Package: coverage.
-- What of a village an operator covers with a technology, by period; a later measurement ends the one before.
CREATE TABLE coverage (
    village_code text NOT NULL,
    county_code  text NOT NULL GENERATED ALWAYS AS ("left"(village_code, 6)) STORED,
    operator     text NOT NULL CONSTRAINT coverage_operator REFERENCES operators,
    technology   text NOT NULL CONSTRAINT coverage_technology CHECK (technology IN ('4g', '5g', 'fibre', 'wifi')),
    setting      text NOT NULL CONSTRAINT coverage_setting CHECK (setting IN ('homes', 'roads', 'fields')),
    share_bp     integer NOT NULL CONSTRAINT coverage_share CHECK (share_bp BETWEEN 0 AND 10000),
    down_mbps    integer CONSTRAINT coverage_speed CHECK (down_mbps BETWEEN 1 AND 100000),
    source       text NOT NULL CONSTRAINT coverage_source CHECK (length(source) BETWEEN 1 AND 60),
    observed_on  date NOT NULL,
    valid_during daterange NOT NULL CONSTRAINT coverage_period CHECK (
        NOT isempty(valid_during) AND lower(valid_during) = observed_on),
    CONSTRAINT coverage_pkey PRIMARY KEY (village_code, operator, technology, setting, valid_during WITHOUT OVERLAPS),
    CONSTRAINT coverage_village FOREIGN KEY (village_code, PERIOD valid_during)
        REFERENCES village_periods (code, PERIOD valid_during)
);
COMMENT ON COLUMN coverage.share_bp IS 'Basis points of the homes, road or fields of the village that are covered.';
CREATE INDEX coverage_by_county ON coverage (county_code);
CREATE INDEX coverage_by_operator ON coverage (operator);
GRANT SELECT, INSERT (village_code, operator, technology, setting, share_bp, down_mbps, source, observed_on, valid_during),
    UPDATE (valid_during, share_bp, down_mbps, source), DELETE ON coverage TO market_app;

-- What a villager reports: the service that was there is gone, or there never was any.
CREATE TABLE outages (
    case_id      uuid PRIMARY KEY,
    category     text NOT NULL CONSTRAINT outages_category CHECK (category IN ('outage', 'outage_town')),
    kind         text NOT NULL CONSTRAINT outages_kind CHECK (kind IN ('gone', 'never')),
    village_code text NOT NULL CONSTRAINT outages_village REFERENCES divisions,
    operator     text NOT NULL CONSTRAINT outages_operator REFERENCES operators,
    technology   text NOT NULL CONSTRAINT outages_technology CHECK (technology IN ('4g', '5g', 'fibre', 'wifi')),
    since        date NOT NULL,
    CONSTRAINT outages_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
CREATE INDEX outages_by_village ON outages (village_code);
CREATE INDEX outages_by_operator ON outages (operator);
ALTER TABLE outages ENABLE ROW LEVEL SECURITY;
CREATE POLICY outages_visible ON outages TO market_app USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT ON outages TO market_app;

-- What is built for coverage: planned, building, done, accepted by another person than reported it done.
CREATE TABLE coverage_projects (
    id             uuid DEFAULT uuidv7() PRIMARY KEY,
    county_code    text NOT NULL CONSTRAINT coverage_projects_county CHECK (county_code ~ '^[0-9]{6}$'),
    village_code   text NOT NULL CONSTRAINT coverage_projects_village REFERENCES divisions,
    operator       text NOT NULL CONSTRAINT coverage_projects_operator REFERENCES operators,
    name           text NOT NULL CONSTRAINT coverage_projects_name CHECK (length(name) BETWEEN 2 AND 60),
    planned_fen    bigint NOT NULL CONSTRAINT coverage_projects_planned CHECK (planned_fen BETWEEN 1 AND 1000000000000),
    spent_fen      bigint NOT NULL DEFAULT 0 CONSTRAINT coverage_projects_spent CHECK (spent_fen BETWEEN 0 AND 1000000000000),
    overrun_reason text NOT NULL DEFAULT '' CONSTRAINT coverage_projects_reason CHECK (length(overrun_reason) <= 200),
    state          text NOT NULL DEFAULT 'planned' CONSTRAINT coverage_projects_state CHECK (
        state IN ('planned', 'building', 'done', 'accepted')),
    added_by       uuid NOT NULL CONSTRAINT coverage_projects_adder REFERENCES accounts,
    added_at       timestamptz NOT NULL,
    done_on        date,
    done_by        uuid CONSTRAINT coverage_projects_doer REFERENCES accounts,
    accepted_on    date,
    accepted_by    uuid CONSTRAINT coverage_projects_accepter REFERENCES accounts,
    CONSTRAINT coverage_projects_in_county CHECK (starts_with(village_code, county_code)),
    CONSTRAINT coverage_projects_overrun CHECK (spent_fen <= planned_fen OR overrun_reason <> ''),
    CONSTRAINT coverage_projects_done CHECK (
        (state IN ('done', 'accepted')) = (done_on IS NOT NULL) AND (done_on IS NULL) = (done_by IS NULL)),
    CONSTRAINT coverage_projects_accepted CHECK (
        (state = 'accepted') = (accepted_on IS NOT NULL) AND (accepted_on IS NULL) = (accepted_by IS NULL)),
    CONSTRAINT coverage_projects_two_people CHECK (accepted_by <> done_by)
);
CREATE INDEX coverage_projects_by_county ON coverage_projects (county_code);
CREATE INDEX coverage_projects_by_village ON coverage_projects (village_code);
CREATE INDEX coverage_projects_by_operator ON coverage_projects (operator);
CREATE INDEX coverage_projects_by_adder ON coverage_projects (added_by);
CREATE INDEX coverage_projects_by_doer ON coverage_projects (done_by) WHERE done_by IS NOT NULL;
CREATE INDEX coverage_projects_by_accepter ON coverage_projects (accepted_by) WHERE accepted_by IS NOT NULL;
GRANT SELECT, INSERT (county_code, village_code, operator, name, planned_fen, added_by, added_at),
    UPDATE (spent_fen, overrun_reason, state, done_on, done_by, accepted_on, accepted_by) ON coverage_projects TO market_app;
