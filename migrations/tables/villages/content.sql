-- 防骗提醒: what a county warns of, for some days; the farmer's pages show the latest that is valid.
CREATE TABLE fraud_warnings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    county_code text NOT NULL,
    reason text NOT NULL,
    text text NOT NULL,
    valid_during daterange NOT NULL,
    published_by uuid NOT NULL,
    published_at timestamptz NOT NULL,
    told integer NOT NULL DEFAULT 0,
    ended_at timestamptz,
    CONSTRAINT fraud_warnings_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT fraud_warnings_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))
        AND (NOT upper_inf(valid_during)) AND ((upper(valid_during) - lower(valid_during)) <= 92)),
    CONSTRAINT fraud_warnings_reason
        CHECK (reason IN ('code', 'transfer', 'subsidy', 'order', 'loan', 'parcel', 'other')),
    CONSTRAINT fraud_warnings_text CHECK (length(text) BETWEEN 6 AND 50),
    CONSTRAINT fraud_warnings_told CHECK (told >= 0),
    CONSTRAINT fraud_warnings_publisher FOREIGN KEY (published_by) REFERENCES accounts(id)
);
CREATE INDEX fraud_warnings_by_county ON fraud_warnings (county_code, published_at);
CREATE INDEX fraud_warnings_by_publisher ON fraud_warnings (published_by);
GRANT SELECT, INSERT (county_code, reason, text, valid_during, published_by, published_at, told),
    UPDATE (ended_at) ON fraud_warnings TO market_app;

-- 村里的故事: written by a villager or the station, consented to by everybody whom it shows, then published by another.
CREATE TABLE stories (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    village_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(village_code, 6)) STORED NOT NULL,
    author_id uuid NOT NULL,
    by_station boolean NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    written_at timestamptz NOT NULL,
    moderated_by uuid,
    moderated_at timestamptz,
    reason text NOT NULL DEFAULT '',
    hidden_for text,
    CONSTRAINT stories_hidden CHECK ((state = 'hidden') = (hidden_for IS NOT NULL)),
    CONSTRAINT stories_hidden_for CHECK (hidden_for IN ('consent', 'author', 'moderator')),
    CONSTRAINT stories_hidden_why CHECK ((hidden_for <> 'moderator') OR (reason <> '')),
    CONSTRAINT stories_moderated CHECK (((moderated_by IS NULL) = (moderated_at IS NULL)) AND ((state <> 'live')
        OR (moderated_by IS NOT NULL))),
    CONSTRAINT stories_reason CHECK (length(reason) <= 300),
    CONSTRAINT stories_state CHECK (state IN ('draft', 'consented', 'live', 'hidden')),
    CONSTRAINT stories_text CHECK (length(text) BETWEEN 20 AND 2000),
    CONSTRAINT stories_title CHECK (length(title) BETWEEN 2 AND 40),
    CONSTRAINT stories_two_people CHECK (moderated_by <> author_id),
    CONSTRAINT stories_number UNIQUE (number),
    CONSTRAINT stories_of_author UNIQUE (id, county_code, author_id),
    CONSTRAINT stories_author FOREIGN KEY (author_id) REFERENCES accounts(id),
    CONSTRAINT stories_moderator FOREIGN KEY (moderated_by) REFERENCES accounts(id),
    CONSTRAINT stories_village FOREIGN KEY (village_code) REFERENCES divisions(code)
);
CREATE INDEX stories_by_author ON stories (author_id);
CREATE INDEX stories_by_moderator ON stories (moderated_by) WHERE (moderated_by IS NOT NULL);
CREATE INDEX stories_by_village ON stories (village_code);
CREATE INDEX stories_shown ON stories (county_code, written_at) WHERE (state = 'live');
CREATE INDEX stories_to_check ON stories (county_code, written_at) WHERE (state = 'consented');
CREATE TRIGGER stories_move BEFORE INSERT OR UPDATE ON stories FOR EACH ROW EXECUTE FUNCTION check_story();
ALTER TABLE stories ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (village_code, author_id, by_station, title, text, written_at), UPDATE (state, moderated_by,
    moderated_at, reason, hidden_for) ON stories TO market_app;

-- What somebody reports of what everybody can read; the case is against nobody, so that who is reported never sees it.
CREATE TABLE content_reports (
    case_id uuid PRIMARY KEY,
    category text NOT NULL,
    reason text NOT NULL,
    listing_id uuid,
    review_id uuid,
    story_id uuid,
    text_by_key bytea,
    CONSTRAINT content_reports_category CHECK (category IN ('content_report', 'review_report')),
    CONSTRAINT content_reports_of_review CHECK ((category = 'review_report') = (review_id IS NOT NULL)),
    CONSTRAINT content_reports_one CHECK (num_nonnulls(listing_id, review_id, story_id) = 1),
    CONSTRAINT content_reports_reason
        CHECK (reason IN ('fraud', 'false', 'medical', 'pity', 'insult', 'privacy', 'illegal')),
    CONSTRAINT content_reports_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT content_reports_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT content_reports_review FOREIGN KEY (review_id) REFERENCES reviews(id),
    CONSTRAINT content_reports_story FOREIGN KEY (story_id) REFERENCES stories(id)
);
CREATE INDEX content_reports_by_listing ON content_reports (listing_id) WHERE (listing_id IS NOT NULL);
CREATE INDEX content_reports_by_review ON content_reports (review_id) WHERE (review_id IS NOT NULL);
CREATE INDEX content_reports_by_story ON content_reports (story_id) WHERE (story_id IS NOT NULL);
ALTER TABLE content_reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY content_reports_visible ON content_reports TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = content_reports.case_id))));
GRANT SELECT, INSERT (case_id, category, reason, listing_id, review_id, story_id,
    text_by_key) ON content_reports TO market_app;
COMMENT ON COLUMN content_reports.text_by_key IS 'Sealed with the key of the reporter, not with the secret.';

-- Whom a story shows: an account that consents on its own page, or somebody whose consent on paper the station has.
CREATE TABLE story_people (
    story_id uuid NOT NULL,
    "position" smallint NOT NULL,
    county_code text NOT NULL,
    author_id uuid NOT NULL,
    account_id uuid,
    name_sealed bytea,
    paper_on date,
    consent_id uuid,
    ended_at timestamptz,
    -- Whom a story shows, or who may see a household's part, is kept by the keyed hash of a telephone until somebody
    -- signs in with it, so that nobody learns from a form who has an account.
    phone_index bytea,
    -- Beside its keyed hash a telephone that nobody signed in with yet is kept sealed, so that a change of the secret
    -- rewrites both.
    phone_sealed bytea,
    CONSTRAINT story_people_one CHECK (num_nonnulls(account_id, name_sealed, phone_index) = 1),
    CONSTRAINT story_people_own_consent CHECK ((account_id IS NOT NULL) OR (consent_id IS NULL)),
    CONSTRAINT story_people_paper CHECK ((name_sealed IS NULL) = (paper_on IS NULL)),
    CONSTRAINT story_people_position CHECK (("position" >= 0) AND ("position" <= 9)),
    CONSTRAINT story_people_once UNIQUE (story_id, account_id),
    CONSTRAINT story_people_phone CHECK ((phone_sealed IS NULL) = (phone_index IS NULL)) NOT VALID,
    CONSTRAINT story_people_phone_once UNIQUE (story_id, phone_index),
    PRIMARY KEY (story_id, "position"),
    CONSTRAINT story_people_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT story_people_consent FOREIGN KEY (consent_id) REFERENCES consents(id),
    CONSTRAINT story_people_story FOREIGN KEY (story_id, county_code, author_id)
        REFERENCES stories(id, county_code, author_id)
);
CREATE INDEX story_people_by_account ON story_people (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX story_people_by_author ON story_people (author_id);
CREATE INDEX story_people_by_consent ON story_people (consent_id) WHERE (consent_id IS NOT NULL);
CREATE INDEX story_people_by_phone ON story_people (phone_index) WHERE (phone_index IS NOT NULL);
CREATE TRIGGER story_people_decide AFTER UPDATE ON story_people FOR EACH ROW EXECUTE FUNCTION follow_story_consent();
ALTER TABLE story_people ENABLE ROW LEVEL SECURITY;
CREATE POLICY story_people_visible ON story_people TO market_app
    USING (CASE WHEN (account_id = (SELECT get_visible_person())) THEN true
        WHEN (author_id = (SELECT get_visible_person())) THEN true
        WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT (story_id, "position", county_code, author_id, account_id, name_sealed, paper_on, phone_index,
    phone_sealed), UPDATE (consent_id, ended_at) ON story_people TO market_app;

CREATE TABLE story_photos (
    story_id uuid NOT NULL,
    "position" smallint NOT NULL,
    photo_id uuid NOT NULL,
    CONSTRAINT story_photos_position CHECK (("position" >= 0) AND ("position" <= 2)),
    CONSTRAINT story_photos_once UNIQUE (photo_id),
    PRIMARY KEY (story_id, "position"),
    CONSTRAINT story_photos_photo FOREIGN KEY (photo_id) REFERENCES photos(id),
    CONSTRAINT story_photos_story FOREIGN KEY (story_id) REFERENCES stories(id)
);
GRANT SELECT, INSERT ON story_photos TO market_app;
