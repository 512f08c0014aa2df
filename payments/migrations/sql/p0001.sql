-- Payments and their double-entry ledger. Amounts are bigint in minor units (`_minor`) beside an ISO currency code.
-- The caller chooses the schema and the role. The role owns nothing; p0001_grants.sql lists its privileges.

CREATE SCHEMA IF NOT EXISTS {schema};

-- Ledger -----------------------------------------------------------------------------------------------------------

-- A kind is the prefix of account codes. If keep_balance is false, the balance is summed from the postings, so that no
-- transaction waits for a balance row. A balance never falls below floor_minor.
CREATE TABLE {schema}.account_kinds (
    kind text PRIMARY KEY,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT account_kinds_floor_needs_balance CHECK (floor_minor IS NULL OR keep_balance)
);
INSERT INTO {schema}.account_kinds (kind, floor_minor, keep_balance) VALUES
    ('escrow', 0, true),
    ('payable', 0, true),
    ('freight', 0, true),
    ('refund', 0, true),
    ('clearing', NULL, false),
    ('commission', NULL, false),
    ('promotion', NULL, false);

-- Accounts and transactions have integer ids because postings are the largest table; codes and keys are the public ids.
CREATE TABLE {schema}.accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    kind text NOT NULL REFERENCES {schema}.account_kinds (kind),
    currency text NOT NULL,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT accounts_code_currency UNIQUE (code, currency),
    CONSTRAINT accounts_code CHECK (code ~ '^[a-z]+(:[^[:space:]]{1,100})?$' AND split_part(code, ':', 1) = kind),
    CONSTRAINT accounts_currency CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE TABLE {schema}.transactions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    kind text NOT NULL,
    order_ref text,
    at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_by text NOT NULL DEFAULT session_user,
    posted_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT transactions_key_unique UNIQUE (key),
    CONSTRAINT transactions_key CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT transactions_kind CHECK (length(kind) BETWEEN 1 AND 60)
);
CREATE INDEX transactions_order ON {schema}.transactions (order_ref, id) WHERE order_ref IS NOT NULL;
CREATE INDEX transactions_at ON {schema}.transactions (at, id);

CREATE TABLE {schema}.postings (
    transaction_id bigint NOT NULL REFERENCES {schema}.transactions (id),
    seq smallint NOT NULL,
    account_id bigint NOT NULL REFERENCES {schema}.accounts (id),
    amount_minor bigint NOT NULL,
    CONSTRAINT postings_pkey PRIMARY KEY (transaction_id, seq),
    CONSTRAINT postings_amount CHECK (amount_minor <> 0)
);
CREATE INDEX postings_account ON {schema}.postings (account_id, transaction_id) INCLUDE (amount_minor);

CREATE TABLE {schema}.balances (
    account_id bigint PRIMARY KEY REFERENCES {schema}.accounts (id),
    amount_minor bigint NOT NULL DEFAULT 0,
    floor_minor bigint,
    CONSTRAINT balances_floor CHECK (floor_minor IS NULL OR amount_minor >= floor_minor)
) WITH (fillfactor = 70);

CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'PL004';
END $$;
CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE ON {schema}.transactions
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON {schema}.transactions
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE ON {schema}.postings
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON {schema}.postings
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();

-- `posted_in` distinguishes open from closed transactions, so the writer cannot set it (xmin is wrong in savepoints).
CREATE FUNCTION {schema}.stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.posted_in := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_stamp BEFORE INSERT ON {schema}.transactions
    FOR EACH ROW EXECUTE FUNCTION {schema}.stamp_transaction();

CREATE FUNCTION {schema}.refuse_closed_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT posted_in FROM {schema}.transactions WHERE id = NEW.transaction_id)
       IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'transaction % is closed', NEW.transaction_id USING ERRCODE = 'PL005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER postings_same_transaction BEFORE INSERT ON {schema}.postings
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_closed_transaction();

-- Checked at commit, on both tables: on transactions to find those without postings, on postings because further legs
-- could otherwise follow the check after SET CONSTRAINTS ALL IMMEDIATE.
CREATE FUNCTION {schema}.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    legs bigint;
    uneven bigint;
BEGIN
    IF TG_TABLE_NAME = 'transactions' THEN
        checked := NEW.id;
    ELSE
        checked := NEW.transaction_id;
    END IF;
    SELECT coalesce(sum(n), 0), count(*) FILTER (WHERE total <> 0) INTO legs, uneven
      FROM (SELECT count(*) AS n, sum(amount_minor) AS total
              FROM {schema}.postings JOIN {schema}.accounts ON accounts.id = account_id
             WHERE transaction_id = checked
             GROUP BY currency) AS per_currency;
    IF legs < 2 OR uneven > 0 THEN
        RAISE EXCEPTION 'transaction % has % legs and % currencies that do not sum to zero', checked, legs, uneven
            USING ERRCODE = 'PL006';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transactions_balanced AFTER INSERT ON {schema}.transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.check_balanced();
CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON {schema}.postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.check_balanced();

-- Payments ---------------------------------------------------------------------------------------------------------

CREATE TABLE {schema}.payments (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_ref text NOT NULL,
    purpose text NOT NULL,
    method text NOT NULL,
    provider_ref text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    captured_minor bigint NOT NULL DEFAULT 0,
    refunded_minor bigint NOT NULL DEFAULT 0,
    disputed_minor bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'created',
    return_url text,
    action jsonb,
    reason text,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    captured_at timestamptz,
    closed_at timestamptz,
    poll_at timestamptz,
    CONSTRAINT payments_provider_ref UNIQUE (provider_ref),
    CONSTRAINT payments_order CHECK (length(order_ref) BETWEEN 1 AND 90 AND order_ref !~ '[[:space:]]'),
    CONSTRAINT payments_purpose CHECK (purpose IN ('full', 'deposit', 'balance')),
    CONSTRAINT payments_method CHECK (method IN ('alipay', 'wechat', 'bank')),
    CONSTRAINT payments_state CHECK (state IN ('created', 'requires_action', 'processing', 'authorized', 'captured',
                                               'failed', 'canceled', 'expired')),
    CONSTRAINT payments_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payments_amount CHECK (amount_minor > 0),
    CONSTRAINT payments_captured CHECK (captured_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payments_refunded_disputed CHECK (refunded_minor >= 0 AND disputed_minor >= 0
                                          AND refunded_minor + disputed_minor <= captured_minor)
);
-- One live payment per order, or one deposit and one balance: a full payment excludes both, and each of these excludes
-- another of its kind.
CREATE UNIQUE INDEX payments_one_live_deposit ON {schema}.payments (order_ref)
    WHERE state NOT IN ('failed', 'canceled', 'expired') AND purpose IN ('full', 'deposit');
CREATE UNIQUE INDEX payments_one_live_balance ON {schema}.payments (order_ref)
    WHERE state NOT IN ('failed', 'canceled', 'expired') AND purpose IN ('full', 'balance');
CREATE INDEX payments_order_ref ON {schema}.payments (order_ref);
CREATE INDEX payments_expiring ON {schema}.payments (expires_at) WHERE state IN ('created', 'requires_action');
CREATE INDEX payments_due_poll ON {schema}.payments (poll_at) WHERE poll_at IS NOT NULL;

CREATE TABLE {schema}.parts (
    payment_id uuid NOT NULL REFERENCES {schema}.payments (id),
    seq smallint NOT NULL,
    name text NOT NULL,
    minor bigint NOT NULL,
    discount_minor bigint NOT NULL DEFAULT 0,
    CONSTRAINT parts_pkey PRIMARY KEY (payment_id, seq),
    CONSTRAINT parts_name UNIQUE (payment_id, name),
    CONSTRAINT parts_minor CHECK (minor > 0),
    CONSTRAINT parts_discount CHECK (discount_minor BETWEEN 0 AND minor)
);

CREATE TABLE {schema}.refunds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL REFERENCES {schema}.payments (id),
    key text NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL DEFAULT 'requested',
    provider_ref text,
    reason text,
    attempt smallint NOT NULL DEFAULT 1,
    requested_at timestamptz NOT NULL,
    succeeded_at timestamptz,
    CONSTRAINT refunds_key UNIQUE (key),
    CONSTRAINT refunds_provider_ref UNIQUE (provider_ref),
    CONSTRAINT refunds_amount CHECK (amount_minor > 0),
    CONSTRAINT refunds_state CHECK (state IN ('requested', 'pending', 'succeeded', 'failed'))
);
CREATE INDEX refunds_payment ON {schema}.refunds (payment_id);

CREATE TABLE {schema}.disputes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL REFERENCES {schema}.payments (id),
    provider_ref text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL,
    reason text,
    due_at timestamptz,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT disputes_provider_ref UNIQUE (provider_ref),
    CONSTRAINT disputes_amount CHECK (amount_minor > 0),
    CONSTRAINT disputes_state CHECK (state IN ('open', 'won', 'lost'))
);
CREATE INDEX disputes_payment ON {schema}.disputes (payment_id);

-- Every call to a provider, inserted before the call, with the idempotency key that is sent.
CREATE TABLE {schema}.operations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL REFERENCES {schema}.payments (id),
    refund_id uuid REFERENCES {schema}.refunds (id),
    kind text NOT NULL,
    key text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    attempts integer NOT NULL DEFAULT 0,
    error text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_sent_at timestamptz,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz,
    CONSTRAINT operations_key UNIQUE (key),
    CONSTRAINT operations_kind CHECK (kind IN ('create', 'cancel', 'refund')),
    CONSTRAINT operations_refund CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
    CONSTRAINT operations_state CHECK (state IN ('pending', 'sent', 'ok', 'declined', 'unknown'))
);
CREATE INDEX operations_due ON {schema}.operations (next_at) WHERE state IN ('pending', 'sent', 'unknown');
CREATE INDEX operations_payment ON {schema}.operations (payment_id);

-- Messages ---------------------------------------------------------------------------------------------------------

CREATE TABLE {schema}.inbox (
    provider text NOT NULL,
    event_id text NOT NULL,
    topic text NOT NULL,
    object_ref text NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL DEFAULT 'new',
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text,
    CONSTRAINT inbox_unique PRIMARY KEY (provider, event_id),
    CONSTRAINT inbox_body CHECK (octet_length(body) <= 1048576),
    CONSTRAINT inbox_state CHECK (state IN ('new', 'done', 'parked', 'dead'))
);
CREATE INDEX inbox_due ON {schema}.inbox (next_at) WHERE state IN ('new', 'parked');

CREATE TABLE {schema}.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    order_ref text NOT NULL,
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    consumed_at timestamptz
);
CREATE INDEX events_unconsumed ON {schema}.events (id) WHERE consumed_at IS NULL;

-- Reconciliation ---------------------------------------------------------------------------------------------------

CREATE TABLE {schema}.statement_lines (
    provider text NOT NULL,
    day date NOT NULL,
    line_ref text NOT NULL,
    method text NOT NULL,
    kind text NOT NULL,
    ledger_key text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    CONSTRAINT statement_lines_unique PRIMARY KEY (provider, line_ref),
    CONSTRAINT statement_lines_kind CHECK (kind IN ('charge', 'refund', 'refund_failure', 'dispute', 'other'))
);
CREATE INDEX statement_lines_day ON {schema}.statement_lines (provider, day);

CREATE TABLE {schema}.discrepancies (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    provider text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    ledger_minor bigint,
    provider_minor bigint,
    opened_at timestamptz NOT NULL,
    closed_by text REFERENCES {schema}.transactions (key),
    closed_at timestamptz,
    note text,
    CONSTRAINT discrepancies_unique UNIQUE (provider, day, kind, reference),
    CONSTRAINT discrepancies_kind CHECK (kind IN ('missing_here', 'missing_there', 'amount', 'duplicate')),
    CONSTRAINT discrepancies_closed CHECK ((closed_by IS NULL) = (closed_at IS NULL))
);
