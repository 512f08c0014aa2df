-- What tells one person from another by name stands in `fold_name` alone; `get_person_key` calls it.
-- A virtual column has no stored values: dropping it loses nothing.
-- squawk-ignore ban-drop-column
ALTER TABLE accounts DROP COLUMN person_key;
