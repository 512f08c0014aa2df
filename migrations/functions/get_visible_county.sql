-- Package: subsidies.
-- Return the county that the current transaction may read, or NULL for none: no setting shows several. The scope of a
-- township or village is widened to its county here; queries narrow it.
CREATE OR REPLACE FUNCTION get_visible_county() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN substring(current_setting('market.scope', true) FROM '^[0-9]{6}');
