-- 投诉: who answers by when, by category. Goods and service go to the seller first; a fraud to the county at once; a complaint
-- about an office starts one level above it.
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('complaint_goods', '[2015-01-01,)', '货不对版投诉', '{seller,county,platform}', '{working_day,working_day,working_day}',
     '{2,5,5}', 3, '电子商务法 59；消费者权益保护法 46'),
    ('complaint_service', '[2015-01-01,)', '服务投诉', '{seller,county,platform}', '{working_day,working_day,working_day}',
     '{2,5,5}', 3, '电子商务法 59；消费者权益保护法 46'),
    ('complaint_fraud', '[2015-01-01,)', '诈骗举报', '{county,platform}', '{working_day,working_day}', '{1,2}', 2,
     '反电信网络诈骗法 30；电子商务法 59'),
    ('complaint_office', '[2015-01-01,)', '办事投诉', '{platform}', '{working_day}', '{5}', 3, '电子商务法 59');

CREATE TABLE complaints (
    case_id     uuid PRIMARY KEY,
    category    text NOT NULL CONSTRAINT complaints_category CHECK (
        category IN ('complaint_goods', 'complaint_service', 'complaint_fraud', 'complaint_office')),
    suborder_id uuid NOT NULL CONSTRAINT complaints_suborder REFERENCES suborders,
    CONSTRAINT complaints_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category),
    CONSTRAINT complaints_once UNIQUE (suborder_id, category)
);
ALTER TABLE complaints ENABLE ROW LEVEL SECURITY;
CREATE POLICY complaints_visible ON complaints TO market_app USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, category, suborder_id) ON complaints TO market_app;
