-- What a person asks about the own data; what exactly is sealed with the person's key, and no official has the copy.
CREATE TABLE data_requests (
    case_id uuid PRIMARY KEY,
    category text NOT NULL,
    kind text NOT NULL,
    field text NOT NULL DEFAULT '',
    detail_by_key bytea NOT NULL,
    CONSTRAINT data_requests_above CHECK ((kind <> 'complain') OR (category = 'data_platform')),
    CONSTRAINT data_requests_category CHECK (category IN ('data_county', 'data_platform')),
    CONSTRAINT data_requests_corrected CHECK ((kind = 'correct') = (field <> '')),
    CONSTRAINT data_requests_field
        CHECK (field IN ('', 'name', 'phone', 'identity', 'household', 'line', 'bill', 'other')),
    CONSTRAINT data_requests_kind CHECK (kind IN ('correct', 'erase', 'explain', 'copy', 'complain')),
    CONSTRAINT data_requests_case FOREIGN KEY (case_id, category) REFERENCES cases(id, category)
);
ALTER TABLE data_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY data_requests_visible ON data_requests TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = data_requests.case_id))));
GRANT SELECT, INSERT (case_id, category, kind, field, detail_by_key) ON data_requests TO market_app;
COMMENT ON COLUMN data_requests.detail_by_key IS 'Sealed with the key of the asker, not with the secret.';
