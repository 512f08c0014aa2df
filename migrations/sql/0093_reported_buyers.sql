-- What a seller reports of a buyer goes to the county at once, and the buyer does not learn of it.
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('complaint_buyer', '[2015-01-01,)', '买家举报', '{county,platform}', '{working_day,working_day}', '{2,5}', 3,
     '电子商务法 59；反电信网络诈骗法 30');
ALTER TABLE complaints DROP CONSTRAINT complaints_category;
ALTER TABLE complaints ADD CONSTRAINT complaints_category CHECK (
    category IN ('complaint_goods', 'complaint_service', 'complaint_fraud', 'complaint_office', 'complaint_buyer')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE complaints VALIDATE CONSTRAINT complaints_category;
