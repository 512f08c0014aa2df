-- Package: casework.
-- The first level of a question is an agronomist of the county.
ALTER TABLE case_categories
    DROP CONSTRAINT case_categories_path,
    ADD CONSTRAINT case_categories_path CHECK (
        path <@ '{seller,operator,agronomist,village,township,county,finance,platform}'
        AND cardinality(path) BETWEEN 1 AND 5) NOT VALID;
ALTER TABLE case_categories VALIDATE CONSTRAINT case_categories_path;
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('question', '[2015-01-01,)', '生产指导', '{agronomist,county}', '{working_day,working_day}', '{2,3}', 0,
     '平台规则：两个工作日答复');

-- Package: storage.
ALTER TABLE photos
    DROP CONSTRAINT photos_purpose,
    ADD CONSTRAINT photos_purpose CHECK (
        purpose IN ('listing', 'certificate', 'parcel', 'claim', 'review', 'message', 'question')) NOT VALID;
ALTER TABLE photos VALIDATE CONSTRAINT photos_purpose;

-- Package: services.
-- 农技员: who answers the questions of a county; an account without a role, which sees nothing else.
CREATE TABLE agronomists (
    id          uuid DEFAULT uuidv7() PRIMARY KEY,
    county_code text NOT NULL CONSTRAINT agronomists_county CHECK (county_code ~ '^[0-9]{6}$'),
    account_id  uuid NOT NULL CONSTRAINT agronomists_account REFERENCES accounts,
    subject     text NOT NULL CONSTRAINT agronomists_subject CHECK (length(subject) BETWEEN 1 AND 40),
    named_by    uuid NOT NULL CONSTRAINT agronomists_namer REFERENCES accounts,
    named_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    CONSTRAINT agronomists_two_people CHECK (named_by <> account_id)
);
CREATE UNIQUE INDEX agronomists_once ON agronomists (account_id) WHERE ended_at IS NULL;
CREATE INDEX agronomists_by_county ON agronomists (county_code);
CREATE INDEX agronomists_by_account ON agronomists (account_id);
CREATE INDEX agronomists_by_namer ON agronomists (named_by);
GRANT SELECT, INSERT (county_code, account_id, subject, named_by, named_at), UPDATE (ended_at) ON agronomists TO market_app;

-- A question; what its neighbours read are the words that the asker saw before, and nothing else of it.
CREATE TABLE questions (
    case_id       uuid PRIMARY KEY,
    category      text NOT NULL DEFAULT 'question' CONSTRAINT questions_category CHECK (category = 'question'),
    village_code  text NOT NULL CONSTRAINT questions_village REFERENCES divisions,
    photo_id      uuid CONSTRAINT questions_photo REFERENCES photos,
    public_text   text NOT NULL DEFAULT '' CONSTRAINT questions_public_text CHECK (length(public_text) <= 500),
    public_answer text NOT NULL DEFAULT '' CONSTRAINT questions_public_answer CHECK (length(public_answer) <= 500),
    previewed_at  timestamptz,
    shared_at     timestamptz,
    CONSTRAINT questions_previewed CHECK (
        (previewed_at IS NOT NULL) = (public_text <> '') AND (public_text <> '') = (public_answer <> '')),
    CONSTRAINT questions_shared CHECK (
        shared_at IS NULL OR (previewed_at IS NOT NULL AND previewed_at <= shared_at)),
    CONSTRAINT questions_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
CREATE INDEX questions_by_village ON questions (village_code);
CREATE INDEX questions_by_photo ON questions (photo_id) WHERE photo_id IS NOT NULL;
CREATE INDEX questions_shown ON questions ("left"(village_code, 9), shared_at) WHERE shared_at IS NOT NULL;
ALTER TABLE questions ENABLE ROW LEVEL SECURITY;
CREATE POLICY questions_visible ON questions TO market_app USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, village_code, photo_id),
    UPDATE (photo_id, public_text, public_answer, previewed_at, shared_at) ON questions TO market_app;
