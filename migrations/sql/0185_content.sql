-- Package: casework.
-- What a seller reports of a buyer's message is answered in one working day, as what a buyer reports as fraud is.
UPDATE case_categories SET dues = '{1,5}' WHERE code = 'complaint_buyer';
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('content_report', '[2015-01-01,)', '举报', '{county,platform}', '{working_day,working_day}', '{1,1}', 0,
     '网络信息内容生态治理规定（网信办令第5号）；平台规则：一个工作日'),
    ('review_report', '[2015-01-01,)', '举报评价', '{platform}', '{working_day}', '{1}', 0,
     '电子商务法 39：只有违法的文字不显示；平台规则：一个工作日');

-- Package: storage.
ALTER TABLE photos
    DROP CONSTRAINT photos_purpose,
    ADD CONSTRAINT photos_purpose CHECK (
        purpose IN ('listing', 'certificate', 'parcel', 'claim', 'review', 'message', 'question', 'story')) NOT VALID;
ALTER TABLE photos VALIDATE CONSTRAINT photos_purpose;

-- Package: content.
-- 村里的故事: written by a villager or the station, consented to by everybody whom it shows, then published by another.
CREATE TABLE stories (
    id           uuid DEFAULT uuidv7() PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT stories_number UNIQUE,
    village_code text NOT NULL CONSTRAINT stories_village REFERENCES divisions,
    county_code  text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    author_id    uuid NOT NULL CONSTRAINT stories_author REFERENCES accounts,
    by_station   boolean NOT NULL,
    title        text NOT NULL CONSTRAINT stories_title CHECK (length(title) BETWEEN 2 AND 40),
    text         text NOT NULL CONSTRAINT stories_text CHECK (length(text) BETWEEN 20 AND 2000),
    state        text NOT NULL DEFAULT 'draft'
                 CONSTRAINT stories_state CHECK (state IN ('draft', 'consented', 'live', 'hidden')),
    written_at   timestamptz NOT NULL,
    moderated_by uuid CONSTRAINT stories_moderator REFERENCES accounts,
    moderated_at timestamptz,
    reason       text NOT NULL DEFAULT '' CONSTRAINT stories_reason CHECK (length(reason) <= 300),
    hidden_for   text CONSTRAINT stories_hidden_for CHECK (hidden_for IN ('consent', 'author', 'moderator')),
    CONSTRAINT stories_two_people CHECK (moderated_by <> author_id),
    CONSTRAINT stories_moderated CHECK (
        (moderated_by IS NULL) = (moderated_at IS NULL) AND (state <> 'live' OR moderated_by IS NOT NULL)),
    CONSTRAINT stories_hidden CHECK ((state = 'hidden') = (hidden_for IS NOT NULL)),
    CONSTRAINT stories_hidden_why CHECK (hidden_for <> 'moderator' OR reason <> ''),
    CONSTRAINT stories_of_author UNIQUE (id, county_code, author_id)
);
CREATE INDEX stories_shown ON stories (county_code, written_at) WHERE state = 'live';
CREATE INDEX stories_by_village ON stories (village_code);
CREATE INDEX stories_by_author ON stories (author_id);
CREATE INDEX stories_by_moderator ON stories (moderated_by) WHERE moderated_by IS NOT NULL;
CREATE INDEX stories_to_check ON stories (county_code, written_at) WHERE state = 'consented';

CREATE TABLE story_photos (
    story_id uuid NOT NULL CONSTRAINT story_photos_story REFERENCES stories,
    position smallint NOT NULL CONSTRAINT story_photos_position CHECK (position BETWEEN 0 AND 2),
    photo_id uuid NOT NULL CONSTRAINT story_photos_photo REFERENCES photos CONSTRAINT story_photos_once UNIQUE,
    PRIMARY KEY (story_id, position)
);
GRANT SELECT, INSERT ON story_photos TO market_app;

-- Whom a story shows: an account that consents on its own page, or somebody whose consent on paper the station has.
CREATE TABLE story_people (
    story_id    uuid NOT NULL,
    position    smallint NOT NULL CONSTRAINT story_people_position CHECK (position BETWEEN 0 AND 9),
    county_code text NOT NULL,
    author_id   uuid NOT NULL,
    account_id  uuid CONSTRAINT story_people_account REFERENCES accounts,
    name_sealed bytea CONSTRAINT story_people_named CHECK ((account_id IS NULL) = (name_sealed IS NOT NULL)),
    paper_on    date CONSTRAINT story_people_paper CHECK ((account_id IS NULL) = (paper_on IS NOT NULL)),
    consent_id  uuid CONSTRAINT story_people_consent REFERENCES consents
                CONSTRAINT story_people_own_consent CHECK (account_id IS NOT NULL OR consent_id IS NULL),
    ended_at    timestamptz,
    PRIMARY KEY (story_id, position),
    CONSTRAINT story_people_once UNIQUE (story_id, account_id),
    CONSTRAINT story_people_story FOREIGN KEY (story_id, county_code, author_id)
        REFERENCES stories (id, county_code, author_id)
);
CREATE INDEX story_people_by_account ON story_people (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX story_people_by_consent ON story_people (consent_id) WHERE consent_id IS NOT NULL;
CREATE INDEX story_people_by_author ON story_people (author_id);

ALTER TABLE story_people ENABLE ROW LEVEL SECURITY;
CREATE POLICY story_people_visible ON story_people TO market_app
    USING (CASE WHEN account_id = (SELECT get_visible_person()) THEN true
                WHEN author_id = (SELECT get_visible_person()) THEN true
                WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
                ELSE false END);
GRANT SELECT, INSERT (story_id, position, county_code, author_id, account_id, name_sealed, paper_on),
    UPDATE (consent_id, ended_at) ON story_people TO market_app;
ALTER TABLE stories ENABLE ROW LEVEL SECURITY;
CREATE POLICY stories_visible ON stories TO market_app
    USING (CASE WHEN state = 'live' THEN true
                WHEN author_id = (SELECT get_visible_person()) THEN true
                WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
                ELSE EXISTS (SELECT FROM story_people p
                              WHERE p.story_id = stories.id AND p.account_id = (SELECT get_visible_person())) END)
    WITH CHECK (true);
GRANT SELECT, INSERT (village_code, author_id, by_station, title, text, written_at),
    UPDATE (state, moderated_by, moderated_at, reason, hidden_for) ON stories TO market_app;

-- 防骗提醒: what a county warns of, for some days; the farmer's pages show the latest that is valid.
CREATE TABLE fraud_warnings (
    id           uuid DEFAULT uuidv7() PRIMARY KEY,
    county_code  text NOT NULL CONSTRAINT fraud_warnings_county CHECK (county_code ~ '^[0-9]{6}$'),
    reason       text NOT NULL CONSTRAINT fraud_warnings_reason CHECK (
                 reason IN ('code', 'transfer', 'subsidy', 'order', 'loan', 'parcel', 'other')),
    text         text NOT NULL CONSTRAINT fraud_warnings_text CHECK (length(text) BETWEEN 6 AND 50),
    valid_during daterange NOT NULL CONSTRAINT fraud_warnings_period CHECK (
                 NOT isempty(valid_during) AND NOT lower_inf(valid_during) AND NOT upper_inf(valid_during)
                 AND upper(valid_during) - lower(valid_during) <= 92),
    published_by uuid NOT NULL CONSTRAINT fraud_warnings_publisher REFERENCES accounts,
    published_at timestamptz NOT NULL,
    told         integer NOT NULL DEFAULT 0 CONSTRAINT fraud_warnings_told CHECK (told >= 0),
    ended_at     timestamptz
);
CREATE INDEX fraud_warnings_by_county ON fraud_warnings (county_code, published_at);
CREATE INDEX fraud_warnings_by_publisher ON fraud_warnings (published_by);
GRANT SELECT, INSERT (county_code, reason, text, valid_during, published_by, published_at, told), UPDATE (ended_at)
    ON fraud_warnings TO market_app;

-- What somebody reports of what everybody can read; the case is against nobody, so that who is reported never sees it.
CREATE TABLE content_reports (
    case_id     uuid PRIMARY KEY,
    category    text NOT NULL CONSTRAINT content_reports_category CHECK (category IN ('content_report', 'review_report')),
    reason      text NOT NULL CONSTRAINT content_reports_reason CHECK (
                reason IN ('fraud', 'false', 'medical', 'pity', 'insult', 'privacy', 'illegal')),
    listing_id  uuid CONSTRAINT content_reports_listing REFERENCES listings,
    review_id   uuid CONSTRAINT content_reports_review REFERENCES reviews,
    story_id    uuid CONSTRAINT content_reports_story REFERENCES stories,
    text_by_key bytea,
    CONSTRAINT content_reports_one CHECK (num_nonnulls(listing_id, review_id, story_id) = 1),
    CONSTRAINT content_reports_of_review CHECK ((category = 'review_report') = (review_id IS NOT NULL)),
    CONSTRAINT content_reports_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
COMMENT ON COLUMN content_reports.text_by_key IS 'Sealed with the key of the reporter, not with the secret.';
CREATE INDEX content_reports_by_listing ON content_reports (listing_id) WHERE listing_id IS NOT NULL;
CREATE INDEX content_reports_by_review ON content_reports (review_id) WHERE review_id IS NOT NULL;
CREATE INDEX content_reports_by_story ON content_reports (story_id) WHERE story_id IS NOT NULL;
ALTER TABLE content_reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY content_reports_visible ON content_reports TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, category, reason, listing_id, review_id, story_id, text_by_key)
    ON content_reports TO market_app;
