-- The privileges of the caller's role on what p0005 adds.

GRANT UPDATE (ledger_key) ON {schema}.statement_lines TO {role};
