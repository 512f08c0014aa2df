-- Package: casework.
-- Return the account for which the current transaction reads cases (`person:` and its id in the scope), or NULL.
CREATE OR REPLACE FUNCTION get_visible_person() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN substring(current_setting('market.scope', true) FROM '^person:([0-9a-f-]{36})$')::uuid;
