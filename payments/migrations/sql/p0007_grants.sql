-- The privileges of the caller's role on what p0007 adds. Only the owner closes postings: a role that posts must not.

GRANT SELECT ON {schema}.checkpoints, {schema}.checkpoint_sums TO {role};
