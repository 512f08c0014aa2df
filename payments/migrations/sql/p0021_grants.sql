GRANT UPDATE (amount_minor, changes) ON {schema}.disputes TO {role};
