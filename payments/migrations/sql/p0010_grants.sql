-- The privileges of the caller's role on what p0010 adds: who gets how much is written once.

GRANT SELECT, INSERT (payee, key, provider, destination, currency, amount_minor, created_at, poll_at),
      UPDATE (state, provider_ref, reason, paid_at, failed_at, poll_at) ON {schema}.payouts TO {role};
