CREATE TABLE complaints (
    case_id uuid PRIMARY KEY,
    category text NOT NULL,
    suborder_id uuid NOT NULL,
    CONSTRAINT complaints_category
        CHECK (category IN ('complaint_goods', 'complaint_service', 'complaint_fraud', 'complaint_office',
        'complaint_buyer')),
    CONSTRAINT complaints_once UNIQUE (suborder_id, category),
    CONSTRAINT complaints_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category),
    CONSTRAINT complaints_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
ALTER TABLE complaints ENABLE ROW LEVEL SECURITY;
CREATE POLICY complaints_visible ON complaints TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = complaints.case_id))));
GRANT SELECT, INSERT (case_id, category, suborder_id) ON complaints TO market_app;
