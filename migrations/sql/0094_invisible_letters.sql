-- The index holds names as `fold_name` gave them before; it has the officials alone, a few hundred rows.
-- squawk-ignore require-concurrent-reindex
REINDEX INDEX accounts_by_official_name;
