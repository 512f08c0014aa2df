-- The privileges of the caller's role on what p0014 deletes and adds.

GRANT DELETE ON {schema}.operations TO {role};
GRANT UPDATE (leased_until) ON {schema}.inbox TO {role};
GRANT UPDATE (return_url) ON {schema}.payments TO {role};
