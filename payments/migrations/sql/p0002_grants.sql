-- The privileges of the caller's role on what p0002 adds.

GRANT UPDATE (retry_at) ON {schema}.refunds TO {role};
