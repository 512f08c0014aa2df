-- What tells one person from another by name stands in `fold_name` alone; `get_person_key` calls it.
-- A virtual column has no stored values: dropping it loses nothing.
-- squawk-ignore ban-drop-column
ALTER TABLE accounts DROP COLUMN person_key;
-- To fold a name takes as long as to find a hundred rows. The table is small where it has officials: the index is built at once.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_by_official_name ON accounts (fold_official_name(name)) WHERE handle IS NOT NULL AND closed_at IS NULL;
