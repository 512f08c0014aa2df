-- 同意: a household's consent to what an enrolment needs, given on the page that it applies on, or on paper that an official
-- photographs. The county enrols nobody without one.
CREATE TABLE lead_consents (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    lead_id      uuid NOT NULL CONSTRAINT lead_consents_lead REFERENCES leads,
    form         text NOT NULL CONSTRAINT lead_consents_form CHECK (form IN ('page', 'photo')),
    text_version smallint NOT NULL CONSTRAINT lead_consents_text CHECK (text_version >= 1),
    given_on     date NOT NULL,
    recorded_by  uuid NOT NULL CONSTRAINT lead_consents_recorder REFERENCES accounts,
    recorded_at  timestamptz NOT NULL,
    photo_sealed bytea,
    withdrawn_at timestamptz,
    CONSTRAINT lead_consents_photo_of_paper CHECK ((form = 'photo') = (photo_sealed IS NOT NULL)),
    CONSTRAINT lead_consents_not_ahead CHECK (given_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date)
);
CREATE INDEX lead_consents_by_lead ON lead_consents (lead_id, id);

CREATE TRIGGER lead_consents_of_own BEFORE INSERT ON lead_consents FOR EACH ROW EXECUTE FUNCTION check_lead_consent();
CREATE TRIGGER lead_consents_append_only
    BEFORE DELETE OR UPDATE OF id, lead_id, form, text_version, given_on, recorded_by, recorded_at
    ON lead_consents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_consents_no_truncate BEFORE TRUNCATE ON lead_consents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE lead_consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY lead_consents_visible ON lead_consents TO market_app
    USING (EXISTS (SELECT FROM leads WHERE leads.id = lead_id));
GRANT SELECT, INSERT (lead_id, form, text_version, given_on, recorded_by, recorded_at, photo_sealed)
   ON lead_consents TO market_app;
