CREATE TABLE saved_filters (
    account_id uuid NOT NULL,
    "position" smallint NOT NULL,
    county_code text NOT NULL,
    page text NOT NULL,
    name text NOT NULL,
    query jsonb NOT NULL,
    saved_at timestamptz NOT NULL,
    CONSTRAINT saved_filters_bounded CHECK (("position" >= 1) AND ("position" <= 20)),
    CONSTRAINT saved_filters_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT saved_filters_name CHECK (length(name) BETWEEN 1 AND 20),
    CONSTRAINT saved_filters_page CHECK (page ~ '^(findings|reports/[a-z_]{1,30})$'),
    CONSTRAINT saved_filters_query CHECK ((jsonb_typeof(query) = 'object') AND (length((query)::text) <= 500)),
    CONSTRAINT saved_filters_key PRIMARY KEY (account_id, "position"),
    CONSTRAINT saved_filters_named UNIQUE (account_id, county_code, page, name),
    CONSTRAINT saved_filters_account FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX saved_filters_by_age ON saved_filters (saved_at);
ALTER TABLE saved_filters ENABLE ROW LEVEL SECURITY;
CREATE POLICY saved_filters_visible ON saved_filters TO market_app
    USING (CASE WHEN starts_with(county_code,
    (SELECT get_visible_county())) THEN true WHEN (account_id = (SELECT get_visible_person())) THEN true
        ELSE false END);
GRANT SELECT, INSERT, DELETE, UPDATE (query, saved_at) ON saved_filters TO market_app;
COMMENT ON TABLE saved_filters IS 'Package: saved_filters. Filters of the desk, each for its account alone.';
