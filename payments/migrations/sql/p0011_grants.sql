-- The caller's role creates payments that took nothing and refunds that were not made: what happened to them since is
-- written by the updates that book it.

REVOKE INSERT ON {schema}.payments, {schema}.refunds, {schema}.operations FROM {role};
GRANT INSERT (order_ref, purpose, method, currency, amount_minor, return_url, opened_at, expires_at)
      ON {schema}.payments TO {role};
GRANT INSERT (payment_id, key, kind, amount_minor, reason, requested_at) ON {schema}.refunds TO {role};
GRANT INSERT (payment_id, refund_id, payout_id, kind, key, state, attempts, first_sent_at, next_at)
      ON {schema}.operations TO {role};
