-- 同意: what a person agreed to, for one purpose and, if it is about one thing, for that; a withdrawal ends the period.
CREATE TABLE consents (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL,
    purpose text NOT NULL,
    subject_id uuid,
    text_version smallint NOT NULL,
    valid_during tstzrange NOT NULL,
    CONSTRAINT consents_period CHECK ((NOT lower_inf(valid_during)) AND lower_inc(valid_during)),
    CONSTRAINT consents_purpose CHECK (purpose IN ('story', 'warning_sms')),
    CONSTRAINT consents_subject CHECK ((purpose = 'story') = (subject_id IS NOT NULL)),
    CONSTRAINT consents_text CHECK (text_version >= 1),
    CONSTRAINT consents_once EXCLUDE
        USING gist (account_id WITH =, purpose WITH =, COALESCE(subject_id, account_id) WITH =, valid_during WITH &&),
    CONSTRAINT consents_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX consents_by_subject ON consents (subject_id) WHERE (subject_id IS NOT NULL);
CREATE TRIGGER consents_end_once BEFORE INSERT OR UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION check_consent();
CREATE TRIGGER consents_end_stories AFTER UPDATE ON consents FOR EACH ROW WHEN ((new.purpose = 'story'))
    EXECUTE FUNCTION end_story_consent();
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY consents_visible ON consents TO market_app
    USING ((account_id = (SELECT get_visible_person())));
GRANT SELECT, INSERT (account_id, purpose, subject_id, text_version, valid_during),
    UPDATE (valid_during) ON consents TO market_app;
