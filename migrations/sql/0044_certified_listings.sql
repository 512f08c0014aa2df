UPDATE listings SET certified_until = get_certified_until(producer_id, category_code)
 WHERE category_code IN (SELECT code FROM categories WHERE required_certificates <> '{}');
