-- Package: identity.
-- The keys of officials who are known by name, as `fold_name` gave them before.
CREATE TEMPORARY TABLE keys_before ON COMMIT DROP AS
SELECT id AS account_id, get_person_key(id) AS person_key
  FROM accounts WHERE handle IS NOT NULL AND identity_index IS NULL;
