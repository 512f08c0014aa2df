-- The index has what the functions returned before.
DROP INDEX accounts_by_official_name;
-- The table is small where it has officials: the index is built at once.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_by_official_name ON accounts (fold_official_name(name)) WHERE handle IS NOT NULL AND closed_at IS NULL;
