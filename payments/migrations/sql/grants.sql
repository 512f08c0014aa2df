-- The privileges of the caller's role, also given where the tables stand already. The role reads the months of the
-- ledger by the tables that they are part of; only the owner detaches a month and sees the archive.

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION
    -- A migration of another database on this server created the role concurrently.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {schema}.account_kinds TO {role};
GRANT SELECT ON {schema}.accounts TO {role};
GRANT SELECT ON {schema}.transactions TO {role};
GRANT SELECT ON {schema}.postings TO {role};
GRANT SELECT ON {schema}.transaction_keys TO {role};
GRANT SELECT ON {schema}.balances TO {role};
GRANT SELECT ON {schema}.checkpoints TO {role};
GRANT SELECT ON {schema}.checkpoint_sums TO {role};
GRANT SELECT ON {schema}.archived_months TO {role};
GRANT SELECT ON {schema}.archived_sums TO {role};
GRANT SELECT, INSERT (order_ref, purpose, method, currency, amount_minor, return_url, opened_at, expires_at),
    UPDATE (provider_ref, captured_minor, refunded_minor, disputed_minor, state, return_url, action, reason,
    captured_at, closed_at, poll_at) ON {schema}.payments TO {role};
GRANT SELECT, INSERT ON {schema}.parts TO {role};
GRANT SELECT, INSERT (payment_id, key, kind, amount_minor, reason, requested_at), UPDATE (state, provider_ref, reason,
    attempt, succeeded_at, retry_at, pending_since) ON {schema}.refunds TO {role};
GRANT SELECT, INSERT, UPDATE (amount_minor, state, reason, due_at, closed_at,
    changes) ON {schema}.disputes TO {role};
GRANT SELECT, INSERT (payee, key, provider, destination, currency, amount_minor, created_at, poll_at), UPDATE (state,
    provider_ref, reason, paid_at, failed_at, poll_at) ON {schema}.payouts TO {role};
GRANT SELECT, DELETE, INSERT (payment_id, refund_id, kind, key, state, attempts, first_sent_at, next_at, payout_id),
    UPDATE (state, attempts, error, first_sent_at, next_at) ON {schema}.operations TO {role};
GRANT SELECT, INSERT, DELETE, UPDATE (state, attempts, next_at, error, leased_until) ON {schema}.inbox TO {role};
GRANT SELECT, INSERT, DELETE, UPDATE (attempts, next_at, error, dead_at) ON {schema}.events TO {role};
GRANT SELECT, INSERT, UPDATE (ledger_key) ON {schema}.statement_lines TO {role};
GRANT SELECT, INSERT, UPDATE (closed_by, closed_at, note) ON {schema}.discrepancies TO {role};
GRANT EXECUTE ON FUNCTION {schema}.make_months TO {role};
GRANT EXECUTE ON FUNCTION {schema}.post TO {role};
