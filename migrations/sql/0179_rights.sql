-- Package: casework.
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('data_county', '[2015-01-01,)', '我的信息', '{county,platform}', '{working_day,working_day}', '{15,15}', 0,
     '个人信息保护法 44–50；国信办秘字〔2019〕191号（未核实）：十五个工作日'),
    ('data_platform', '[2015-01-01,)', '我的信息', '{platform}', '{working_day}', '{15}', 0,
     '个人信息保护法 44–50；国信办秘字〔2019〕191号（未核实）：十五个工作日');

-- Package: identity.
-- The key of what a person wrote into tables that are not rewritten: with it, what was written is gone.
CREATE TABLE person_keys (
    account_id uuid PRIMARY KEY CONSTRAINT person_keys_account REFERENCES accounts,
    key_sealed bytea NOT NULL,
    made_at    timestamptz NOT NULL
);
ALTER TABLE person_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY person_keys_visible ON person_keys TO market_app
    USING (CASE WHEN account_id = (SELECT get_visible_person()) THEN true
                ELSE EXISTS (SELECT FROM cases WHERE asker_id = account_id) END);
GRANT SELECT, INSERT (account_id, key_sealed, made_at) ON person_keys TO market_app;

-- Package: consents.
-- 同意: what a person agreed to, for one purpose and, if it is about one thing, for that; a withdrawal ends the period.
CREATE TABLE consents (
    id           uuid DEFAULT uuidv7() PRIMARY KEY,
    account_id   uuid NOT NULL CONSTRAINT consents_account REFERENCES accounts,
    purpose      text NOT NULL CONSTRAINT consents_purpose CHECK (purpose IN ('story', 'warning_sms')),
    subject_id   uuid CONSTRAINT consents_subject CHECK ((purpose = 'story') = (subject_id IS NOT NULL)),
    text_version smallint NOT NULL CONSTRAINT consents_text CHECK (text_version >= 1),
    valid_during tstzrange NOT NULL
                 CONSTRAINT consents_period CHECK (NOT lower_inf(valid_during) AND lower_inc(valid_during)),
    CONSTRAINT consents_once EXCLUDE USING gist (
        account_id WITH =, purpose WITH =, (coalesce(subject_id, account_id)) WITH =, valid_during WITH &&)
);
CREATE INDEX consents_by_subject ON consents (subject_id) WHERE subject_id IS NOT NULL;
CREATE TRIGGER consents_end_once BEFORE INSERT OR UPDATE ON consents
    FOR EACH ROW EXECUTE FUNCTION check_consent();
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY consents_visible ON consents TO market_app USING (account_id = (SELECT get_visible_person()));
GRANT SELECT, INSERT (account_id, purpose, subject_id, text_version, valid_during), UPDATE (valid_during)
    ON consents TO market_app;

-- Package: privacy.
-- What a person asks about the own data; what exactly is sealed with the person's key, and no official has the copy.
CREATE TABLE data_requests (
    case_id       uuid PRIMARY KEY,
    category      text NOT NULL CONSTRAINT data_requests_category CHECK (category IN ('data_county', 'data_platform')),
    kind          text NOT NULL CONSTRAINT data_requests_kind
                  CHECK (kind IN ('correct', 'erase', 'explain', 'copy', 'complain')),
    field         text NOT NULL DEFAULT '' CONSTRAINT data_requests_field
                  CHECK (field IN ('', 'name', 'phone', 'identity', 'household', 'line', 'bill', 'other')),
    detail_by_key bytea NOT NULL,
    CONSTRAINT data_requests_corrected CHECK ((kind = 'correct') = (field <> '')),
    CONSTRAINT data_requests_above CHECK (kind <> 'complain' OR category = 'data_platform'),
    CONSTRAINT data_requests_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
COMMENT ON COLUMN data_requests.detail_by_key IS 'Sealed with the key of the asker, not with the secret.';
ALTER TABLE data_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY data_requests_visible ON data_requests TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, category, kind, field, detail_by_key) ON data_requests TO market_app;
