-- Package: reports.
-- Return the province, prefecture or county whose sums the current transaction may read, or NULL for none. What belongs
-- to a household needs a county (`get_visible_county`).
CREATE OR REPLACE FUNCTION get_visible_region() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN substring(current_setting('market.scope', true) FROM '^[0-9]{2}(?:[0-9]{2}){0,2}');
