-- The objects of a county's audit record, and its leads, are found by an index.
-- Package: subsidies.
CREATE INDEX leads_by_county ON leads (county_code, id);
-- Package: identity.
CREATE INDEX grants_by_scope ON grants (scope);
