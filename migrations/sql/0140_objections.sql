-- 公示异议: what somebody says against a lead under notice, without a name. It is a case that the township answers, then the
-- county; with the receipt the answer is read and the next level asked once.
-- Existing cases keep their askers, and every other category has one.
-- squawk-ignore ban-drop-not-null
ALTER TABLE cases ALTER COLUMN asker_id DROP NOT NULL;
ALTER TABLE cases ADD CONSTRAINT cases_asker_known CHECK (asker_id IS NOT NULL OR category = 'objection') NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE cases VALIDATE CONSTRAINT cases_asker_known;
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('objection', '[2015-01-01,)', '公示异议', '{township,county}', '{working_day,working_day}', '{5,5}', 0,
     'subsidy-rulebook, Words: objections stop the line, not the list');

-- Officials below the county answer the cases of their own divisions.
ALTER POLICY cases_visible ON cases USING (
    CASE WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
         WHEN asker_id = (SELECT get_visible_person()) THEN true
         WHEN against_producer_id IN (SELECT producer_id FROM producer_members
                                       WHERE account_id = (SELECT get_visible_person())) THEN true
         WHEN for_producer_id IN (SELECT producer_id FROM producer_members
                                   WHERE account_id = (SELECT get_visible_person())) THEN true
         WHEN EXISTS (SELECT FROM grants
                       WHERE grants.account_id = (SELECT get_visible_person()) AND grants.role = ANY (cases.path)
                         AND starts_with(cases.division_code, grants.scope)) THEN true
         ELSE false END);

CREATE TABLE objections (
    case_id      uuid PRIMARY KEY,
    category     text NOT NULL DEFAULT 'objection' CONSTRAINT objections_category CHECK (category = 'objection'),
    lead_id      uuid NOT NULL CONSTRAINT objections_lead REFERENCES leads,
    reason       text NOT NULL CONSTRAINT objections_reason
                 CHECK (reason IN ('better_off', 'not_living', 'members', 'procedure', 'other')),
    receipt_hash bytea NOT NULL CONSTRAINT objections_receipt UNIQUE,
    recorded_by  uuid CONSTRAINT objections_recorder REFERENCES accounts,
    CONSTRAINT objections_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category)
);
CREATE INDEX objections_by_lead ON objections (lead_id, case_id);

CREATE TRIGGER objections_to_notice BEFORE INSERT ON objections FOR EACH ROW EXECUTE FUNCTION check_objection();
CREATE TRIGGER objections_append_only BEFORE DELETE OR UPDATE ON objections FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER objections_no_truncate BEFORE TRUNCATE ON objections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE objections ENABLE ROW LEVEL SECURITY;
CREATE POLICY objections_visible ON objections TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, lead_id, reason, receipt_hash, recorded_by) ON objections TO market_app;
