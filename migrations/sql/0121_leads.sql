-- 识别: a household comes into the register's standing, leaves it, is split, merged or enrolled through one path of steps, each
-- taken by another person: lead, visit, data match, village, public notice, township, county.
CREATE TABLE leads (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    number         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT leads_number UNIQUE,
    village_code   text NOT NULL CONSTRAINT leads_village REFERENCES divisions,
    county_code    text GENERATED ALWAYS AS (left(village_code, 6)) STORED NOT NULL,
    kind           text NOT NULL
                   CONSTRAINT leads_kind CHECK (kind IN ('identify', 'exit', 'split', 'merge', 'enrol')),
    source         text NOT NULL CONSTRAINT leads_source CHECK (source IN ('self', 'cadre', 'warning')),
    reason         text NOT NULL
                   CONSTRAINT leads_reason CHECK (reason IN ('income', 'expense', 'disaster', 'people', 'other')),
    household_code text,
    into_code      text,
    line_code      text CONSTRAINT leads_line_length CHECK (length(line_code) BETWEEN 1 AND 40),
    programme_code text,
    applicant_id   uuid CONSTRAINT leads_applicant REFERENCES accounts,
    reported_at    timestamptz NOT NULL,
    new_code       text CONSTRAINT leads_new_code CHECK (new_code !~ '[a-z]' AND length(new_code) BETWEEN 1 AND 40),
    registered     boolean,
    monitoring     text NOT NULL DEFAULT '',
    tier           smallint CONSTRAINT leads_tier CHECK (tier >= 1),
    state          text NOT NULL DEFAULT 'new',
    notice         daterange CONSTRAINT leads_notice_days CHECK (upper(notice) - lower(notice) >= 5),
    effective_on   date,
    decided_at     timestamptz,
    CONSTRAINT leads_household FOREIGN KEY (county_code, household_code) REFERENCES households (county_code, code),
    CONSTRAINT leads_into FOREIGN KEY (county_code, into_code) REFERENCES households (county_code, code),
    CONSTRAINT leads_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes (county_code, code),
    -- Only who is identified may be unknown to the register; the visit completes what a household applied for itself.
    CONSTRAINT leads_household_known CHECK (household_code IS NOT NULL OR kind = 'identify'
                                            OR (source = 'self' AND state IN ('new', 'reported', 'rejected', 'withdrawn'))),
    CONSTRAINT leads_into_another CHECK ((into_code IS NOT NULL) = (kind = 'merge') AND into_code <> household_code),
    CONSTRAINT leads_line CHECK ((line_code IS NULL) = (programme_code IS NULL)
                                 AND CASE WHEN kind <> 'enrol' THEN line_code IS NULL
                                          ELSE line_code IS NOT NULL
                                               OR (source = 'self'
                                                   AND state IN ('new', 'reported', 'rejected', 'withdrawn')) END),
    CONSTRAINT leads_applicant_of_own CHECK ((applicant_id IS NOT NULL) = (source = 'self')),
    CONSTRAINT leads_notice_before_review CHECK ((notice IS NOT NULL) = (state IN ('noticed', 'reviewed', 'decided'))
                                                 OR state IN ('rejected', 'withdrawn')),
    CONSTRAINT leads_decided CHECK ((state = 'decided') = (decided_at IS NOT NULL)
                                    AND (state = 'decided') = (effective_on IS NOT NULL))
);
CREATE UNIQUE INDEX leads_one_open ON leads (county_code, household_code, kind, coalesce(line_code, ''))
    WHERE state NOT IN ('decided', 'rejected', 'withdrawn');
CREATE INDEX leads_open ON leads (county_code, id) WHERE state NOT IN ('decided', 'rejected', 'withdrawn');
CREATE INDEX leads_by_village ON leads (village_code) WHERE notice IS NOT NULL;
CREATE INDEX leads_by_applicant ON leads (applicant_id) WHERE applicant_id IS NOT NULL;

-- Whom a lead is about: the people of a household that comes in, who leaves one, or who uses a line.
CREATE TABLE lead_persons (
    lead_id         uuid NOT NULL CONSTRAINT lead_persons_lead REFERENCES leads,
    position        smallint NOT NULL CONSTRAINT lead_persons_position CHECK (position BETWEEN 1 AND 20),
    identity_index  bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed     bytea NOT NULL,
    relation        text NOT NULL CONSTRAINT lead_persons_relation CHECK (length(relation) BETWEEN 1 AND 20),
    CONSTRAINT lead_persons_key PRIMARY KEY (lead_id, position),
    CONSTRAINT lead_persons_once UNIQUE (lead_id, identity_index)
);

-- Every allowed move, and whose duty it is. A person holds one duty of a lead; who reported it may also visit or match.
CREATE TABLE lead_moves (
    step   text NOT NULL,
    before text NOT NULL,
    after  text NOT NULL,
    duty   text,
    CONSTRAINT lead_moves_key PRIMARY KEY (step, before, after)
);
INSERT INTO lead_moves (step, before, after, duty) VALUES
    ('report', 'new', 'reported', 'report'),
    ('visit', 'reported', 'visited', 'village'),
    ('match', 'visited', 'matched', 'match'),
    ('confirm', 'matched', 'noticed', 'village'),
    ('review', 'noticed', 'reviewed', 'township'),
    ('decide', 'reviewed', 'decided', 'county'),
    ('return', 'visited', 'reported', NULL),
    ('return', 'matched', 'visited', NULL),
    ('return', 'noticed', 'matched', NULL),
    ('return', 'reviewed', 'noticed', NULL),
    ('uphold', 'noticed', 'reported', NULL),
    ('uphold', 'reviewed', 'reported', NULL),
    ('reject', 'reported', 'rejected', NULL),
    ('reject', 'visited', 'rejected', NULL),
    ('reject', 'matched', 'rejected', NULL),
    ('reject', 'noticed', 'rejected', NULL),
    ('reject', 'reviewed', 'rejected', NULL),
    ('withdraw', 'reported', 'withdrawn', NULL),
    ('withdraw', 'visited', 'withdrawn', NULL),
    ('withdraw', 'matched', 'withdrawn', NULL),
    ('withdraw', 'noticed', 'withdrawn', NULL),
    ('withdraw', 'reviewed', 'withdrawn', NULL);

CREATE TABLE lead_steps (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    lead_id        uuid NOT NULL CONSTRAINT lead_steps_lead REFERENCES leads,
    step           text NOT NULL,
    before         text NOT NULL,
    after          text NOT NULL,
    account_id     uuid NOT NULL CONSTRAINT lead_steps_account REFERENCES accounts,
    person_key     bytea NOT NULL,
    opinion_sealed bytea,
    attended       integer CONSTRAINT lead_steps_attended CHECK (attended BETWEEN 3 AND 1000),
    agreed         integer,
    notice         daterange,
    effective_on   date,
    at             timestamptz NOT NULL,
    CONSTRAINT lead_steps_move FOREIGN KEY (step, before, after) REFERENCES lead_moves (step, before, after),
    -- More than half of who attended agree (村民委员会组织法 26). The notice begins on a later day: its days are whole.
    CONSTRAINT lead_steps_vote CHECK ((step = 'confirm') = (attended IS NOT NULL)
                                      AND (step = 'confirm') = (agreed IS NOT NULL)
                                      AND agreed <= attended AND agreed * 2 > attended),
    CONSTRAINT lead_steps_notice CHECK ((step = 'confirm') = (notice IS NOT NULL)
                                        AND upper(notice) - lower(notice) >= 5
                                        AND lower(notice) > (at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT lead_steps_effective CHECK ((step = 'decide') = (effective_on IS NOT NULL)
                                           AND effective_on <= (at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT lead_steps_opinion CHECK (opinion_sealed IS NOT NULL OR step IN ('withdraw'))
);
CREATE INDEX lead_steps_by_lead ON lead_steps (lead_id, id);

-- 并户: a merged household stays in the register, without members from that day on.
ALTER TABLE households ADD COLUMN merged_into text, ADD COLUMN merged_on date;
ALTER TABLE households
    ADD CONSTRAINT households_merged_into FOREIGN KEY (county_code, merged_into)
        REFERENCES households (county_code, code) NOT VALID,
    ADD CONSTRAINT households_merged_complete CHECK ((merged_into IS NULL) = (merged_on IS NULL)) NOT VALID,
    ADD CONSTRAINT households_merged_into_another CHECK (merged_into <> code) NOT VALID;
ALTER TABLE households VALIDATE CONSTRAINT households_merged_into;
ALTER TABLE households VALIDATE CONSTRAINT households_merged_complete;
ALTER TABLE households VALIDATE CONSTRAINT households_merged_into_another;
CREATE TRIGGER households_merge BEFORE UPDATE OF merged_into, merged_on ON households
    FOR EACH ROW EXECUTE FUNCTION check_household_merge();
CREATE TRIGGER memberships_of_merged BEFORE INSERT OR UPDATE OF valid_during, household_code ON memberships
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_household();

-- A fact names the file that brought it, or the lead whose decision did.
ALTER TABLE persons ADD COLUMN lead_id uuid;
ALTER TABLE household_statuses ADD COLUMN lead_id uuid;
ALTER TABLE memberships ADD COLUMN lead_id uuid;
ALTER TABLE enrolments ADD COLUMN lead_id uuid;
ALTER TABLE fact_versions ADD COLUMN replaced_by_lead uuid;
ALTER TABLE persons
    ADD CONSTRAINT persons_lead FOREIGN KEY (lead_id) REFERENCES leads NOT VALID,
    ADD CONSTRAINT persons_one_origin CHECK (file_id IS NULL OR lead_id IS NULL) NOT VALID;
ALTER TABLE household_statuses
    ADD CONSTRAINT household_statuses_lead FOREIGN KEY (lead_id) REFERENCES leads NOT VALID,
    ADD CONSTRAINT household_statuses_one_origin CHECK (file_id IS NULL OR lead_id IS NULL) NOT VALID;
ALTER TABLE memberships
    ADD CONSTRAINT memberships_lead FOREIGN KEY (lead_id) REFERENCES leads NOT VALID,
    ADD CONSTRAINT memberships_one_origin CHECK (file_id IS NULL OR lead_id IS NULL) NOT VALID;
ALTER TABLE enrolments
    ADD CONSTRAINT enrolments_lead FOREIGN KEY (lead_id) REFERENCES leads NOT VALID,
    ADD CONSTRAINT enrolments_one_origin CHECK (file_id IS NULL OR lead_id IS NULL) NOT VALID;
ALTER TABLE fact_versions ADD CONSTRAINT fact_versions_lead FOREIGN KEY (replaced_by_lead) REFERENCES leads NOT VALID;
ALTER TABLE persons VALIDATE CONSTRAINT persons_lead, VALIDATE CONSTRAINT persons_one_origin;
ALTER TABLE household_statuses
    VALIDATE CONSTRAINT household_statuses_lead, VALIDATE CONSTRAINT household_statuses_one_origin;
ALTER TABLE memberships VALIDATE CONSTRAINT memberships_lead, VALIDATE CONSTRAINT memberships_one_origin;
ALTER TABLE enrolments VALIDATE CONSTRAINT enrolments_lead, VALIDATE CONSTRAINT enrolments_one_origin;
ALTER TABLE fact_versions VALIDATE CONSTRAINT fact_versions_lead;

-- The visit of a decided lead is a check of its households.
-- squawk-ignore ban-drop-not-null
ALTER TABLE register_checks ALTER COLUMN file_id DROP NOT NULL;
ALTER TABLE register_checks ADD COLUMN lead_id uuid;
ALTER TABLE register_checks
    ADD CONSTRAINT register_checks_lead FOREIGN KEY (lead_id) REFERENCES leads NOT VALID,
    ADD CONSTRAINT register_checks_one_origin CHECK ((file_id IS NULL) <> (lead_id IS NULL)) NOT VALID;
ALTER TABLE register_checks
    VALIDATE CONSTRAINT register_checks_lead, VALIDATE CONSTRAINT register_checks_one_origin;

ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE lead_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE lead_persons ENABLE ROW LEVEL SECURITY;
-- The county sees its leads; a person sees those that they applied for.
CREATE POLICY leads_visible ON leads TO market_app USING (
    CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
         ELSE coalesce(applicant_id = (SELECT get_visible_person()), false) END);
CREATE POLICY lead_steps_visible ON lead_steps TO market_app
    USING (EXISTS (SELECT FROM leads WHERE leads.id = lead_id));
CREATE POLICY lead_persons_visible ON lead_persons TO market_app
    USING (EXISTS (SELECT FROM leads WHERE leads.id = lead_id AND starts_with(county_code, get_visible_county())));
GRANT SELECT, INSERT (village_code, kind, source, reason, household_code, into_code, line_code, programme_code,
                      applicant_id, reported_at),
      UPDATE (household_code, line_code, programme_code, new_code, registered, monitoring, tier) ON leads TO market_app;
GRANT SELECT, INSERT, DELETE ON lead_persons TO market_app;
GRANT SELECT, INSERT (lead_id, step, before, after, account_id, opinion_sealed, attended, agreed, notice, effective_on,
                      at) ON lead_steps TO market_app;
GRANT SELECT ON lead_moves TO market_app;
GRANT UPDATE (merged_into, merged_on) ON households TO market_app;
GRANT UPDATE (lead_id) ON register_checks TO market_app;
GRANT UPDATE (lead_id) ON persons TO market_app;
GRANT UPDATE (lead_id) ON household_statuses TO market_app;
GRANT UPDATE (lead_id) ON memberships TO market_app;
GRANT UPDATE (lead_id) ON enrolments TO market_app;
