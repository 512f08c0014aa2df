-- What of a village an operator covers with a technology, by period; a later measurement ends the one before.
CREATE TABLE coverage (
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    operator text NOT NULL,
    technology text NOT NULL,
    setting text NOT NULL,
    share_bp integer NOT NULL,
    down_mbps integer,
    source text NOT NULL,
    observed_on date NOT NULL,
    valid_during daterange NOT NULL,
    CONSTRAINT coverage_period CHECK ((NOT isempty(valid_during)) AND (lower(valid_during) = observed_on)),
    CONSTRAINT coverage_setting CHECK (setting IN ('homes', 'roads', 'fields')),
    CONSTRAINT coverage_share CHECK (share_bp BETWEEN 0 AND 10000),
    CONSTRAINT coverage_source CHECK (length(source) BETWEEN 1 AND 60),
    CONSTRAINT coverage_speed CHECK (down_mbps BETWEEN 1 AND 100000),
    CONSTRAINT coverage_technology CHECK (technology IN ('4g', '5g', 'fibre', 'wifi')),
    PRIMARY KEY (village_code, operator, technology, setting, valid_during WITHOUT OVERLAPS),
    CONSTRAINT coverage_operator FOREIGN KEY (operator) REFERENCES operators(code),
    CONSTRAINT coverage_village FOREIGN KEY (village_code, PERIOD valid_during)
        REFERENCES village_periods(code, PERIOD valid_during)
);
CREATE INDEX coverage_by_county ON coverage (county_code);
CREATE INDEX coverage_by_operator ON coverage (operator);
GRANT SELECT, DELETE, INSERT (village_code, operator, technology, setting, share_bp, down_mbps, source, observed_on,
    valid_during), UPDATE (share_bp, down_mbps, source, valid_during) ON coverage TO market_app;
COMMENT ON COLUMN coverage.share_bp IS 'Basis points of the homes, road or fields of the village that are covered.';

-- What is built for coverage: planned, building, done, accepted by another person than reported it done.
CREATE TABLE coverage_projects (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    village_code text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    planned_fen bigint NOT NULL,
    spent_fen bigint NOT NULL DEFAULT 0,
    overrun_reason text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'planned',
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    done_on date,
    done_by uuid,
    accepted_on date,
    accepted_by uuid,
    -- Who pays for a project, if it is not the operator: what a company invests in a village is counted from here.
    funded_by uuid,
    CONSTRAINT coverage_projects_accepted CHECK (((state = 'accepted') = (accepted_on IS NOT NULL))
        AND ((accepted_on IS NULL) = (accepted_by IS NULL))),
    CONSTRAINT coverage_projects_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT coverage_projects_done CHECK (((state IN ('done', 'accepted')) = (done_on IS NOT NULL))
        AND ((done_on IS NULL) = (done_by IS NULL))),
    CONSTRAINT coverage_projects_in_county CHECK (starts_with(village_code, county_code)),
    CONSTRAINT coverage_projects_name CHECK (length(name) BETWEEN 2 AND 60),
    CONSTRAINT coverage_projects_overrun CHECK ((spent_fen <= planned_fen) OR (overrun_reason <> '')),
    CONSTRAINT coverage_projects_planned CHECK (planned_fen BETWEEN 1 AND '1000000000000'::bigint),
    CONSTRAINT coverage_projects_reason CHECK (length(overrun_reason) <= 200),
    CONSTRAINT coverage_projects_spent CHECK (spent_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT coverage_projects_state CHECK (state IN ('planned', 'building', 'done', 'accepted')),
    CONSTRAINT coverage_projects_two_people CHECK (accepted_by <> done_by),
    CONSTRAINT coverage_projects_accepter FOREIGN KEY (accepted_by) REFERENCES accounts(id),
    CONSTRAINT coverage_projects_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT coverage_projects_doer FOREIGN KEY (done_by) REFERENCES accounts(id),
    CONSTRAINT coverage_projects_funder FOREIGN KEY (funded_by) REFERENCES organisations(id),
    CONSTRAINT coverage_projects_operator FOREIGN KEY (operator) REFERENCES operators(code),
    CONSTRAINT coverage_projects_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX coverage_projects_by_accepter ON coverage_projects (accepted_by) WHERE (accepted_by IS NOT NULL);
CREATE INDEX coverage_projects_by_adder ON coverage_projects (added_by);
CREATE INDEX coverage_projects_by_county ON coverage_projects (county_code);
CREATE INDEX coverage_projects_by_doer ON coverage_projects (done_by) WHERE (done_by IS NOT NULL);
CREATE INDEX coverage_projects_by_funder ON coverage_projects (funded_by) WHERE (funded_by IS NOT NULL);
CREATE INDEX coverage_projects_by_operator ON coverage_projects (operator);
CREATE INDEX coverage_projects_by_village ON coverage_projects (village_code);
GRANT SELECT, INSERT (county_code, village_code, operator, name, planned_fen, added_by, added_at, funded_by),
    UPDATE (spent_fen, overrun_reason, state, done_on, done_by, accepted_on,
    accepted_by) ON coverage_projects TO market_app;

-- What a villager reports: the service that was there is gone, or there never was any.
CREATE TABLE outages (
    case_id uuid PRIMARY KEY,
    category text NOT NULL,
    kind text NOT NULL,
    village_code text NOT NULL,
    operator text NOT NULL,
    technology text NOT NULL,
    since date NOT NULL,
    CONSTRAINT outages_category CHECK (category IN ('outage', 'outage_town')),
    CONSTRAINT outages_kind CHECK (kind IN ('gone', 'never')),
    CONSTRAINT outages_technology CHECK (technology IN ('4g', '5g', 'fibre', 'wifi')),
    CONSTRAINT outages_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT outages_operator FOREIGN KEY (operator) REFERENCES operators(code),
    CONSTRAINT outages_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX outages_by_operator ON outages (operator);
CREATE INDEX outages_by_village ON outages (village_code);
ALTER TABLE outages ENABLE ROW LEVEL SECURITY;
CREATE POLICY outages_visible ON outages TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = outages.case_id))));
GRANT SELECT, INSERT ON outages TO market_app;
