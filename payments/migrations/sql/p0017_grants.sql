GRANT UPDATE (pending_since) ON {schema}.refunds TO {role};
