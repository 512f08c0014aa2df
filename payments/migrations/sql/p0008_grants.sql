-- The privileges of the caller's role on what p0008 deletes.

GRANT DELETE ON {schema}.inbox, {schema}.events TO {role};
