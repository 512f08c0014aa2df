-- Package: casework.
-- The time of the first level that a county has decided, as it was when the case was received.
ALTER TABLE cases ADD COLUMN first_due integer CONSTRAINT cases_first_due CHECK (first_due BETWEEN 1 AND 60);
COMMENT ON COLUMN cases.first_due IS 'In the unit of the first level; null: as the category says.';
GRANT INSERT (first_due) ON cases TO market_app;
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('inquiry', '[2015-01-01,)', '咨询', '{county,platform}', '{working_day,working_day}', '{5,5}', 0,
     '县里定的期限（inquiry_days）；没有定的五个工作日'),
    ('disclosure', '[2019-05-15,)', '信息公开申请', '{county,platform}', '{working_day,working_day}', '{20,10}', 20,
     '政府信息公开条例（国务院令第711号）第三十三条：二十个工作日，经批准延长最多二十个工作日');

-- An answered case as others read it: in words without names that its asker previews, shares and takes back.
CREATE TABLE case_publications (
    case_id       uuid CONSTRAINT case_publications_pkey PRIMARY KEY
                  CONSTRAINT case_publications_case REFERENCES cases,
    public_text   text NOT NULL CONSTRAINT case_publications_text CHECK (length(public_text) BETWEEN 1 AND 1000),
    public_answer text NOT NULL CONSTRAINT case_publications_answer CHECK (length(public_answer) BETWEEN 1 AND 1000),
    previewed_at  timestamptz NOT NULL,
    shared_at     timestamptz,
    CONSTRAINT case_publications_shared CHECK (previewed_at <= shared_at)
);
CREATE INDEX case_publications_by_day ON case_publications (shared_at) WHERE shared_at IS NOT NULL;
INSERT INTO case_publications (case_id, public_text, public_answer, previewed_at, shared_at)
SELECT case_id, public_text, public_answer, previewed_at, shared_at FROM questions WHERE previewed_at IS NOT NULL;
ALTER TABLE case_publications ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_publications_visible ON case_publications TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, public_text, public_answer, previewed_at),
    UPDATE (public_text, public_answer, previewed_at, shared_at), DELETE ON case_publications TO market_app;

-- Package: services.
-- What they held is copied above; deploy/README.md says that the service is stopped meanwhile.
-- squawk-ignore ban-drop-column
ALTER TABLE questions DROP COLUMN public_text;
-- squawk-ignore ban-drop-column
ALTER TABLE questions DROP COLUMN public_answer;
-- squawk-ignore ban-drop-column
ALTER TABLE questions DROP COLUMN previewed_at;
-- squawk-ignore ban-drop-column
ALTER TABLE questions DROP COLUMN shared_at;

-- Package: answers.
-- What a citizen asks of a village's county.
CREATE TABLE inquiries (
    case_id      uuid CONSTRAINT inquiries_pkey PRIMARY KEY,
    category     text NOT NULL CONSTRAINT inquiries_category CHECK (category IN ('inquiry', 'disclosure')),
    village_code text NOT NULL CONSTRAINT inquiries_village REFERENCES divisions,
    CONSTRAINT inquiries_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
CREATE INDEX inquiries_by_village ON inquiries (village_code);
ALTER TABLE inquiries ENABLE ROW LEVEL SECURITY;
CREATE POLICY inquiries_visible ON inquiries TO market_app USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT ON inquiries TO market_app;

-- 公益: what an organisation asks people to come to, inside a period of its licence; another person of the county checks it
-- before anybody reads it. It collects no money: there is no field for it, and no words that ask for it.
CREATE TABLE charity_notices (
    id              uuid DEFAULT uuidv7() CONSTRAINT charity_notices_pkey PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT charity_notices_organisation REFERENCES organisations,
    village_code    text NOT NULL,
    kind            text NOT NULL CONSTRAINT charity_notices_kind CHECK (kind IN ('blood', 'school', 'visit', 'goods', 'other')),
    title           text NOT NULL CONSTRAINT charity_notices_title CHECK (length(title) BETWEEN 2 AND 30),
    place           text NOT NULL CONSTRAINT charity_notices_place CHECK (length(place) BETWEEN 2 AND 60),
    note            text NOT NULL CONSTRAINT charity_notices_note CHECK (length(note) <= 300),
    valid_during    daterange NOT NULL CONSTRAINT charity_notices_period CHECK (
        NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)),
    state           text NOT NULL DEFAULT 'draft' CONSTRAINT charity_notices_state CHECK (
        state IN ('draft', 'live', 'refused', 'ended')),
    reason          text NOT NULL DEFAULT '' CONSTRAINT charity_notices_reason CHECK (length(reason) <= 200),
    added_by        uuid NOT NULL CONSTRAINT charity_notices_adder REFERENCES accounts,
    added_at        timestamptz NOT NULL,
    checked_by      uuid CONSTRAINT charity_notices_checker REFERENCES accounts,
    checked_at      timestamptz,
    licensed_during daterange GENERATED ALWAYS AS (CASE WHEN state IN ('draft', 'live') THEN valid_during END) STORED,
    CONSTRAINT charity_notices_checked CHECK (
        (checked_by IS NULL) = (checked_at IS NULL) AND (state IN ('live', 'refused')) <= (checked_by IS NOT NULL)),
    CONSTRAINT charity_notices_two_people CHECK (checked_by <> added_by),
    CONSTRAINT charity_notices_refused CHECK ((state = 'refused') = (reason <> '')),
    CONSTRAINT charity_notices_no_account CHECK (
        title || place || note !~ '[0-9０-９]{9}' AND title || place || note !~ '://|二维码|扫码|捐款|转账|汇款|收款'),
    CONSTRAINT charity_notices_licence FOREIGN KEY (organisation_id, PERIOD licensed_during)
        REFERENCES organisation_licences (organisation_id, PERIOD valid_during),
    CONSTRAINT charity_notices_village FOREIGN KEY (village_code, PERIOD licensed_during)
        REFERENCES village_periods (code, PERIOD valid_during)
);
CREATE INDEX charity_notices_by_village ON charity_notices (village_code);
CREATE INDEX charity_notices_by_organisation ON charity_notices (organisation_id);
CREATE INDEX charity_notices_by_adder ON charity_notices (added_by);
CREATE INDEX charity_notices_by_checker ON charity_notices (checked_by) WHERE checked_by IS NOT NULL;
CREATE TRIGGER charity_notices_organiser BEFORE INSERT ON charity_notices
    FOR EACH ROW EXECUTE FUNCTION check_charity_notice();
GRANT SELECT, INSERT (organisation_id, village_code, kind, title, place, note, valid_during, added_by, added_at),
    UPDATE (valid_during, state, reason, checked_by, checked_at) ON charity_notices TO market_app;
