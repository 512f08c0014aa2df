-- A case may be asked for on behalf of a producer; its members see it.
ALTER TABLE cases ADD COLUMN for_producer_id uuid;
ALTER TABLE cases ADD CONSTRAINT cases_for_producer FOREIGN KEY (for_producer_id) REFERENCES producers NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE cases VALIDATE CONSTRAINT cases_for_producer;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX cases_for_producer_index ON cases (for_producer_id) WHERE for_producer_id IS NOT NULL;
GRANT INSERT (for_producer_id) ON cases TO market_app;
ALTER POLICY cases_visible ON cases USING (CASE
    WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true
    WHEN asker_id = (SELECT get_visible_person()) THEN true
    WHEN against_producer_id IN (SELECT producer_id FROM producer_members WHERE account_id = (SELECT get_visible_person()))
        THEN true
    WHEN for_producer_id IN (SELECT producer_id FROM producer_members WHERE account_id = (SELECT get_visible_person()))
        THEN true
    WHEN EXISTS (SELECT FROM grants
                  WHERE account_id = (SELECT get_visible_person()) AND role = ANY(path) AND starts_with(county_code, scope))
        THEN true
    ELSE false END);

INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('review_appeal', '[2015-01-01,)', '评价申诉', '{platform}', '{working_day}', '{5}', 3, '电子商务法 39');

-- A seller asks once that the text of a review is hidden, for one of the legal reasons; the platform decides.
CREATE TABLE review_appeals (
    case_id   uuid PRIMARY KEY,
    category  text NOT NULL DEFAULT 'review_appeal' CONSTRAINT review_appeals_category CHECK (category = 'review_appeal'),
    review_id uuid NOT NULL CONSTRAINT review_appeals_review REFERENCES reviews,
    claimed   text NOT NULL CONSTRAINT review_appeals_claimed CHECK (claimed IN ('personal_data', 'insult', 'forbidden')),
    CONSTRAINT review_appeals_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category),
    CONSTRAINT review_appeals_once UNIQUE (review_id)
);
ALTER TABLE review_appeals ENABLE ROW LEVEL SECURITY;
CREATE POLICY review_appeals_visible ON review_appeals TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, review_id, claimed) ON review_appeals TO market_app;
CREATE TRIGGER reviews_hidden_by_decision AFTER INSERT OR UPDATE OF hidden_for ON reviews
    FOR EACH ROW WHEN (new.hidden_for IS NOT NULL) EXECUTE FUNCTION check_hidden_review();
