-- Package: subsidies.
-- A person of the register is erased: what identifies them is overwritten wherever it is kept, earlier versions and
-- the originals of files included. What was counted, paid and sealed stays.
CREATE TABLE register_erasures (
    person_id   uuid NOT NULL,
    county_code text NOT NULL,
    reason      text NOT NULL,
    erased_by   text NOT NULL,
    erased_at   timestamptz NOT NULL,
    CONSTRAINT register_erasures_person PRIMARY KEY (person_id),
    CONSTRAINT register_erasures_of_register FOREIGN KEY (person_id) REFERENCES persons,
    CONSTRAINT register_erasures_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT register_erasures_reason CHECK (reason IN ('request', 'retention'))
);
CREATE TRIGGER register_erasures_append_only BEFORE UPDATE OR DELETE ON register_erasures
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER register_erasures_no_truncate BEFORE TRUNCATE ON register_erasures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX register_erasures_by_county ON register_erasures (county_code, erased_at);
ALTER TABLE register_erasures ENABLE ROW LEVEL SECURITY;
CREATE POLICY register_erasures_visible_county ON register_erasures TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT ON register_erasures TO market_app;

-- The members of a pack whose bytes are not handed out any more. Their hashes stay, so that the chain can be verified.
CREATE TABLE erased_members (
    cycle_id    uuid NOT NULL,
    member      text NOT NULL,
    county_code text NOT NULL,
    sha256      text NOT NULL,
    erased_at   timestamptz NOT NULL,
    CONSTRAINT erased_members_unique PRIMARY KEY (cycle_id, member),
    CONSTRAINT erased_members_pack FOREIGN KEY (cycle_id) REFERENCES evidence_packs,
    CONSTRAINT erased_members_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT erased_members_file CHECK (member ~ '^files/[0-9]{4,}[.]bin$'),
    CONSTRAINT erased_members_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
CREATE TRIGGER erased_members_append_only BEFORE UPDATE OR DELETE ON erased_members
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER erased_members_no_truncate BEFORE TRUNCATE ON erased_members
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE erased_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY erased_members_visible_county ON erased_members TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON erased_members TO market_app;

-- A file with erased persons is kept without their cells; `sha256` and `bytes` stay those of what was imported.
ALTER TABLE import_originals
    ADD COLUMN redacted_sha256 text,
    ADD COLUMN redacted_bytes integer,
    ADD COLUMN redacted_at timestamptz;
ALTER TABLE import_originals ADD CONSTRAINT import_originals_redacted CHECK (
    num_nonnulls(redacted_sha256, redacted_bytes, redacted_at) IN (0, 3)) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE import_originals VALIDATE CONSTRAINT import_originals_redacted;

-- Evidence is append-only for everybody but `erase_register_person`, whose setting counts for the owner alone.
CREATE FUNCTION is_erasing() RETURNS boolean LANGUAGE sql STABLE
    RETURN current_setting('market.erasing', true) = 'on' AND current_user <> 'market_app';
DROP TRIGGER fact_versions_append_only ON fact_versions;
CREATE TRIGGER fact_versions_append_only
    BEFORE DELETE OR UPDATE OF id, county_code, fact, subject, facts, file_id, replaced_by, replaced_at
    ON fact_versions FOR EACH ROW WHEN (is_erasing() IS NOT TRUE) EXECUTE FUNCTION refuse_change();
DROP TRIGGER persons_keep_changed ON persons;
CREATE TRIGGER persons_keep_changed AFTER UPDATE ON persons FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.* AND is_erasing() IS NOT TRUE) EXECUTE FUNCTION keep_fact_version('id');
DROP TRIGGER enrolments_keep_changed ON enrolments;
CREATE TRIGGER enrolments_keep_changed AFTER UPDATE ON enrolments FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.* AND is_erasing() IS NOT TRUE) EXECUTE FUNCTION keep_fact_version('line_code');
DROP TRIGGER bindings_keep_changed ON bindings;
CREATE TRIGGER bindings_keep_changed AFTER UPDATE ON bindings FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.* AND is_erasing() IS NOT TRUE) EXECUTE FUNCTION keep_fact_version('line_code');
