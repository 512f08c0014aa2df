GRANT UPDATE (attempts, next_at, error, dead_at) ON {schema}.events TO {role};
