-- 识别: a household comes into the register's standing, leaves it, is split, merged or enrolled through one path of
-- steps, each taken by another person: lead, visit, data match, village, public notice, township, county.
CREATE TABLE leads (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    household_code text,
    into_code text,
    line_code text,
    programme_code text,
    applicant_id uuid,
    reported_at timestamptz NOT NULL,
    new_code text,
    registered boolean,
    monitoring text NOT NULL DEFAULT '',
    tier smallint,
    state text NOT NULL DEFAULT 'new',
    notice daterange,
    effective_on date,
    decided_at timestamptz,
    -- People whom a lead names and who never came into the register are erased when the county's period is over.
    persons_erased_at timestamptz,
    CONSTRAINT leads_applicant_of_own CHECK ((applicant_id IS NOT NULL) = (source = 'self')),
    CONSTRAINT leads_decided CHECK (((state = 'decided') = (decided_at IS NOT NULL))
        AND ((state = 'decided') = (effective_on IS NOT NULL))),
    CONSTRAINT leads_erased_when_ended CHECK ((persons_erased_at IS NULL)
        OR (state IN ('decided', 'rejected', 'withdrawn'))),
    -- Only who is identified may be unknown to the register; the visit completes what a household applied for itself.
    CONSTRAINT leads_household_known CHECK ((household_code IS NOT NULL) OR (kind = 'identify') OR ((source = 'self')
        AND (state IN ('new', 'reported', 'rejected', 'withdrawn')))),
    CONSTRAINT leads_into_another CHECK (((into_code IS NOT NULL) = (kind = 'merge'))
        AND (into_code <> household_code)),
    CONSTRAINT leads_kind CHECK (kind IN ('identify', 'exit', 'split', 'merge', 'enrol')),
    CONSTRAINT leads_line
        CHECK (((line_code IS NULL) = (programme_code IS NULL)) AND
CASE
    WHEN (kind <> 'enrol') THEN (line_code IS NULL)
    ELSE ((line_code IS NOT NULL) OR ((source = 'self') AND (state IN ('new', 'reported', 'rejected', 'withdrawn'))))
END),
    CONSTRAINT leads_line_length CHECK (length(line_code) BETWEEN 1 AND 40),
    CONSTRAINT leads_new_code CHECK ((new_code !~ '[a-z]') AND (length(new_code) BETWEEN 1 AND 40)),
    CONSTRAINT leads_notice_before_review
        CHECK (((notice IS NOT NULL) = (state IN ('noticed', 'reviewed', 'decided')))
        OR (state IN ('rejected', 'withdrawn'))),
    CONSTRAINT leads_notice_days CHECK ((upper(notice) - lower(notice)) >= 5),
    CONSTRAINT leads_reason CHECK (reason IN ('income', 'expense', 'disaster', 'people', 'other')),
    CONSTRAINT leads_source CHECK (source IN ('self', 'cadre', 'warning')),
    CONSTRAINT leads_tier CHECK (tier >= 1),
    CONSTRAINT leads_number UNIQUE (number),
    CONSTRAINT leads_applicant FOREIGN KEY (applicant_id) REFERENCES accounts(id),
    CONSTRAINT leads_household FOREIGN KEY (county_code, household_code) REFERENCES households(county_code, code),
    CONSTRAINT leads_into FOREIGN KEY (county_code, into_code) REFERENCES households(county_code, code),
    CONSTRAINT leads_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes(county_code, code),
    CONSTRAINT leads_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX leads_by_applicant ON leads (applicant_id) WHERE (applicant_id IS NOT NULL);
CREATE INDEX leads_by_county ON leads (county_code, id);
CREATE INDEX leads_by_village ON leads (village_code) WHERE (notice IS NOT NULL);
CREATE UNIQUE INDEX leads_one_open ON leads (county_code, household_code, kind, COALESCE(line_code, ''))
    WHERE (state <> ALL (ARRAY['decided', 'rejected', 'withdrawn']));
CREATE INDEX leads_open ON leads (county_code, id) WHERE (state <> ALL (ARRAY['decided', 'rejected', 'withdrawn']));
CREATE INDEX leads_to_erase ON leads (reported_at) WHERE ((persons_erased_at IS NULL)
    AND (state IN ('decided', 'rejected', 'withdrawn')));
ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
-- The county sees its leads; a person sees those that they applied for.
CREATE POLICY leads_visible ON leads TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true
        ELSE COALESCE((applicant_id = (SELECT get_visible_person())), false) END);
GRANT SELECT, INSERT (village_code, kind, source, reason, household_code, into_code, line_code, programme_code,
    applicant_id, reported_at), UPDATE (household_code, line_code, programme_code, new_code, registered, monitoring,
    tier) ON leads TO market_app;
COMMENT ON COLUMN leads.persons_erased_at IS 'When those of its persons were erased who never came into the register; null: its period is not over.';

-- 同意: a household's consent to what an enrolment needs, given on the page that it applies on, or on paper that an
-- official photographs. The county enrols nobody without one.
CREATE TABLE lead_consents (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    lead_id uuid NOT NULL,
    form text NOT NULL,
    text_version smallint NOT NULL,
    given_on date NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    photo_sealed bytea,
    withdrawn_at timestamptz,
    CONSTRAINT lead_consents_form CHECK (form IN ('page', 'photo')),
    CONSTRAINT lead_consents_not_ahead CHECK (given_on <= ((recorded_at AT TIME ZONE 'Asia/Shanghai'))::date),
    CONSTRAINT lead_consents_photo_of_paper CHECK ((form = 'photo') = (photo_sealed IS NOT NULL)),
    CONSTRAINT lead_consents_text CHECK (text_version >= 1),
    CONSTRAINT lead_consents_lead FOREIGN KEY (lead_id) REFERENCES leads(id),
    CONSTRAINT lead_consents_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
CREATE INDEX lead_consents_by_lead ON lead_consents (lead_id, id);
CREATE TRIGGER lead_consents_append_only BEFORE DELETE
    OR UPDATE OF id, lead_id, form, text_version, given_on, recorded_by, recorded_at ON lead_consents FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_consents_no_truncate BEFORE TRUNCATE ON lead_consents FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_consents_of_own BEFORE INSERT ON lead_consents FOR EACH ROW EXECUTE FUNCTION check_lead_consent();
ALTER TABLE lead_consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY lead_consents_visible ON lead_consents TO market_app USING ((EXISTS (SELECT FROM leads
    WHERE (leads.id = lead_consents.lead_id))));
GRANT SELECT, INSERT (lead_id, form, text_version, given_on, recorded_by, recorded_at,
    photo_sealed) ON lead_consents TO market_app;

-- Every allowed move, and whose duty it is. A person holds one duty of a lead; who reported it may also visit or
-- match.
CREATE TABLE lead_moves (
    step text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    duty text,
    CONSTRAINT lead_moves_key PRIMARY KEY (step, before, after)
);
INSERT INTO lead_moves (step, before, after, duty) VALUES
    ('confirm', 'matched', 'noticed', 'village'),
    ('decide', 'reviewed', 'decided', 'county'),
    ('match', 'visited', 'matched', 'match'),
    ('reject', 'matched', 'rejected', NULL),
    ('reject', 'noticed', 'rejected', NULL),
    ('reject', 'reported', 'rejected', NULL),
    ('reject', 'reviewed', 'rejected', NULL),
    ('reject', 'visited', 'rejected', NULL),
    ('report', 'new', 'reported', 'report'),
    ('return', 'matched', 'visited', NULL),
    ('return', 'noticed', 'matched', NULL),
    ('return', 'reviewed', 'noticed', NULL),
    ('return', 'visited', 'reported', NULL),
    ('review', 'noticed', 'reviewed', 'township'),
    ('uphold', 'noticed', 'reported', NULL),
    ('uphold', 'reviewed', 'reported', NULL),
    ('visit', 'reported', 'visited', 'village'),
    ('withdraw', 'matched', 'withdrawn', NULL),
    ('withdraw', 'noticed', 'withdrawn', NULL),
    ('withdraw', 'reported', 'withdrawn', NULL),
    ('withdraw', 'reviewed', 'withdrawn', NULL),
    ('withdraw', 'visited', 'withdrawn', NULL);
GRANT SELECT ON lead_moves TO market_app;

-- Whom a lead is about: the people of a household that comes in, who leaves one, or who uses a line.
CREATE TABLE lead_persons (
    lead_id uuid NOT NULL,
    "position" smallint NOT NULL,
    identity_index bytea NOT NULL,
    identity_sealed bytea NOT NULL,
    name_sealed bytea NOT NULL,
    relation text NOT NULL,
    CONSTRAINT lead_persons_position CHECK (("position" >= 1) AND ("position" <= 20)),
    CONSTRAINT lead_persons_relation CHECK (length(relation) BETWEEN 1 AND 20),
    CONSTRAINT lead_persons_key PRIMARY KEY (lead_id, "position"),
    CONSTRAINT lead_persons_once UNIQUE (lead_id, identity_index),
    CONSTRAINT lead_persons_lead FOREIGN KEY (lead_id) REFERENCES leads(id)
);
ALTER TABLE lead_persons ENABLE ROW LEVEL SECURITY;
CREATE POLICY lead_persons_visible ON lead_persons TO market_app USING ((EXISTS (SELECT FROM leads
    WHERE ((leads.id = lead_persons.lead_id) AND starts_with(leads.county_code, get_visible_county())))));
GRANT SELECT, INSERT, DELETE ON lead_persons TO market_app;

CREATE TABLE lead_steps (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    lead_id uuid NOT NULL,
    step text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    account_id uuid NOT NULL,
    person_key bytea NOT NULL,
    opinion_sealed bytea,
    attended integer,
    agreed integer,
    notice daterange,
    effective_on date,
    at timestamptz NOT NULL,
    CONSTRAINT lead_steps_attended CHECK (attended BETWEEN 3 AND 1000),
    CONSTRAINT lead_steps_effective CHECK (((step = 'decide') = (effective_on IS NOT NULL))
        AND (effective_on <= ((at AT TIME ZONE 'Asia/Shanghai'))::date)),
    CONSTRAINT lead_steps_notice CHECK (((step = 'confirm') = (notice IS NOT NULL))
        AND ((upper(notice) - lower(notice)) >= 5) AND (lower(notice) > ((at AT TIME ZONE 'Asia/Shanghai'))::date)),
    CONSTRAINT lead_steps_opinion CHECK ((opinion_sealed IS NOT NULL) OR (step = 'withdraw')),
    -- More than half of who attended agree (村民委员会组织法 26). The notice begins on a later day: its days are whole.
    CONSTRAINT lead_steps_vote CHECK (((step = 'confirm') = (attended IS NOT NULL))
        AND ((step = 'confirm') = (agreed IS NOT NULL)) AND (agreed <= attended) AND ((agreed * 2) > attended)),
    CONSTRAINT lead_steps_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT lead_steps_lead FOREIGN KEY (lead_id) REFERENCES leads(id),
    CONSTRAINT lead_steps_move FOREIGN KEY (step, before, after) REFERENCES lead_moves(step, before, after)
);
CREATE INDEX lead_steps_by_lead ON lead_steps (lead_id, id);
CREATE TRIGGER lead_steps_append_only BEFORE DELETE
    OR UPDATE OF lead_id, step, before, after, account_id, attended, agreed, notice, effective_on, at ON lead_steps
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_steps_no_truncate BEFORE TRUNCATE ON lead_steps FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
-- The steps move their lead and are never rewritten.
CREATE TRIGGER lead_steps_take BEFORE INSERT ON lead_steps FOR EACH ROW EXECUTE FUNCTION take_lead_step();
ALTER TABLE lead_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY lead_steps_visible ON lead_steps TO market_app USING ((EXISTS (SELECT FROM leads
    WHERE (leads.id = lead_steps.lead_id))));
GRANT SELECT, INSERT (lead_id, step, before, after, account_id, opinion_sealed, attended, agreed, notice,
    effective_on, at) ON lead_steps TO market_app;

CREATE TABLE objections (
    case_id uuid PRIMARY KEY,
    category text NOT NULL DEFAULT 'objection',
    lead_id uuid NOT NULL,
    reason text NOT NULL,
    receipt_hash bytea NOT NULL,
    recorded_by uuid,
    CONSTRAINT objections_category CHECK (category = 'objection'),
    CONSTRAINT objections_reason CHECK (reason IN ('better_off', 'not_living', 'members', 'procedure', 'other')),
    CONSTRAINT objections_receipt UNIQUE (receipt_hash),
    CONSTRAINT objections_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT objections_lead FOREIGN KEY (lead_id) REFERENCES leads(id),
    CONSTRAINT objections_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
CREATE INDEX objections_by_lead ON objections (lead_id, case_id);
CREATE TRIGGER objections_append_only BEFORE DELETE OR UPDATE ON objections FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER objections_no_truncate BEFORE TRUNCATE ON objections FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER objections_to_notice BEFORE INSERT ON objections FOR EACH ROW EXECUTE FUNCTION check_objection();
ALTER TABLE objections ENABLE ROW LEVEL SECURITY;
CREATE POLICY objections_visible ON objections TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = objections.case_id))));
GRANT SELECT, INSERT (case_id, lead_id, reason, receipt_hash, recorded_by) ON objections TO market_app;
