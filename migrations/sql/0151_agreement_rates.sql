-- 优惠协议的让利按项目写: an operator concedes 70 % of one programme's reductions and 50 % of another's. The one rate of an
-- earlier agreement was that of every programme of its county.
CREATE TABLE agreement_rates (
    agreement_id   uuid NOT NULL CONSTRAINT agreement_rates_agreement REFERENCES agreements,
    county_code    text NOT NULL,
    programme_code text NOT NULL,
    concession_bp  integer NOT NULL CONSTRAINT agreement_rates_concession CHECK (concession_bp BETWEEN 0 AND 10000),
    CONSTRAINT agreement_rates_once PRIMARY KEY (agreement_id, programme_code),
    CONSTRAINT agreement_rates_programme FOREIGN KEY (county_code, programme_code) REFERENCES programmes
);
CREATE INDEX agreement_rates_by_programme ON agreement_rates (county_code, programme_code);

INSERT INTO agreement_rates (agreement_id, county_code, programme_code, concession_bp)
SELECT a.id, a.county_code, p.code, a.concession_bp FROM agreements a JOIN programmes p ON p.county_code = a.county_code;

DROP TRIGGER agreements_append_only ON agreements;
-- squawk-ignore ban-drop-column
ALTER TABLE agreements DROP COLUMN concession_bp;
CREATE TRIGGER agreements_append_only
    BEFORE DELETE OR UPDATE OF id, county_code, operator, name, document_name, document_sha256, proposed_by, proposed_at
    ON agreements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER agreements_have_rates AFTER INSERT ON agreements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_agreement_rates();
CREATE TRIGGER agreement_rates_undecided BEFORE INSERT ON agreement_rates
    FOR EACH ROW EXECUTE FUNCTION check_agreement_rates();
CREATE TRIGGER agreement_rates_append_only BEFORE DELETE OR UPDATE ON agreement_rates
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreement_rates_no_truncate BEFORE TRUNCATE ON agreement_rates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE agreement_rates ENABLE ROW LEVEL SECURITY;
CREATE POLICY agreement_rates_visible_county ON agreement_rates TO market_app
    USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true ELSE false END);
GRANT SELECT, INSERT ON agreement_rates TO market_app;
