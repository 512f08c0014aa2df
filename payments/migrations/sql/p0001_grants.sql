-- The privileges of the caller's role, on columns that p0014 leaves: it is also given to a role whose tables stand already.

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
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};
GRANT EXECUTE ON FUNCTION {schema}.post(text, text, text, timestamptz, text, text[], bigint[]) TO {role};
GRANT INSERT ON {schema}.payments, {schema}.parts, {schema}.refunds, {schema}.disputes, {schema}.operations,
                {schema}.inbox, {schema}.events, {schema}.statement_lines, {schema}.discrepancies
             TO {role};
GRANT UPDATE (provider_ref, captured_minor, refunded_minor, disputed_minor, state, action, reason, captured_at,
              closed_at, poll_at) ON {schema}.payments TO {role};
GRANT UPDATE (state, provider_ref, reason, attempt, succeeded_at) ON {schema}.refunds TO {role};
GRANT UPDATE (state, reason, due_at, closed_at) ON {schema}.disputes TO {role};
GRANT UPDATE (state, attempts, error, first_sent_at, next_at) ON {schema}.operations TO {role};
GRANT UPDATE (state, attempts, next_at, error) ON {schema}.inbox TO {role};
GRANT UPDATE (closed_by, closed_at, note) ON {schema}.discrepancies TO {role};
