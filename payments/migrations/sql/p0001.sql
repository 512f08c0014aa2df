-- Payments and their double-entry ledger. Amounts are bigint in minor units (`_minor`) beside an ISO currency code.
-- {app_role} is the service's role: it owns nothing, reads everything here and writes only what is granted at the end.

CREATE SCHEMA payments;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{app_role}') THEN
        CREATE ROLE {app_role} NOLOGIN;
    END IF;
EXCEPTION
    -- Another database of the same server made it at this moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- Ledger -----------------------------------------------------------------------------------------------------------

-- What a code's prefix means. Hot accounts (no kept balance) are derived from their postings: nobody queues for their row.
CREATE TABLE payments.account_kinds (
    kind text PRIMARY KEY,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT account_kinds_floor_is_kept CHECK (floor_minor IS NULL OR keep_balance)
);
INSERT INTO payments.account_kinds (kind, floor_minor, keep_balance) VALUES
    ('escrow', 0, true),
    ('payable', 0, true),
    ('freight', 0, true),
    ('refund', 0, true),
    ('clearing', NULL, false),
    ('commission', NULL, false),
    ('promotion', NULL, false);

-- Accounts and transactions have small integer ids: postings are the largest table, and people see codes and keys.
CREATE TABLE payments.accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    kind text NOT NULL REFERENCES payments.account_kinds (kind),
    currency text NOT NULL,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT accounts_code_currency UNIQUE (code, currency),
    CONSTRAINT accounts_code CHECK (code ~ '^[a-z]+(:[^[:space:]]{1,100})?$' AND split_part(code, ':', 1) = kind),
    CONSTRAINT accounts_currency CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE TABLE payments.transactions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    kind text NOT NULL,
    order_ref text,
    at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_by text NOT NULL DEFAULT session_user,
    posted_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT transactions_one_fact UNIQUE (key),
    CONSTRAINT transactions_key CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT transactions_kind CHECK (length(kind) BETWEEN 1 AND 60)
);
CREATE INDEX transactions_order ON payments.transactions (order_ref, id) WHERE order_ref IS NOT NULL;
CREATE INDEX transactions_at ON payments.transactions (at, id);

CREATE TABLE payments.postings (
    transaction_id bigint NOT NULL REFERENCES payments.transactions (id),
    seq smallint NOT NULL,
    account_id bigint NOT NULL REFERENCES payments.accounts (id),
    amount_minor bigint NOT NULL,
    CONSTRAINT postings_pkey PRIMARY KEY (transaction_id, seq),
    CONSTRAINT postings_amount CHECK (amount_minor <> 0)
);
CREATE INDEX postings_account ON payments.postings (account_id, transaction_id) INCLUDE (amount_minor);

CREATE TABLE payments.balances (
    account_id bigint PRIMARY KEY REFERENCES payments.accounts (id),
    amount_minor bigint NOT NULL DEFAULT 0,
    floor_minor bigint,
    CONSTRAINT balances_floor CHECK (floor_minor IS NULL OR amount_minor >= floor_minor)
) WITH (fillfactor = 70);

CREATE FUNCTION payments.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'PL004';
END $$;
CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE ON payments.transactions
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON payments.transactions
    FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE ON payments.postings
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON payments.postings
    FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();

-- The writer cannot choose `posted_in`: it is what tells an open transaction from a closed one (xmin is wrong under savepoints).
CREATE FUNCTION payments.stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.posted_in := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_stamp BEFORE INSERT ON payments.transactions
    FOR EACH ROW EXECUTE FUNCTION payments.stamp_transaction();

CREATE FUNCTION payments.refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT posted_in FROM payments.transactions WHERE id = NEW.transaction_id) IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'transaction % is closed', NEW.transaction_id USING ERRCODE = 'PL005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER postings_same_transaction BEFORE INSERT ON payments.postings
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_closed();

-- At commit, whoever wrote the rows. Hung on both tables: on transactions for one without postings, on postings because
-- SET CONSTRAINTS ALL IMMEDIATE would otherwise let legs follow after the check.
CREATE FUNCTION payments.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
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
              FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
             WHERE transaction_id = checked
             GROUP BY currency) AS per_currency;
    IF legs < 2 OR uneven > 0 THEN
        RAISE EXCEPTION 'transaction % has % legs and % currencies that do not sum to zero', checked, legs, uneven
            USING ERRCODE = 'PL006';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transactions_balanced AFTER INSERT ON payments.transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_balanced();
CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON payments.postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_balanced();

-- The one way to write: idempotent by key, accounts made on first use, balance rows locked in account order.
CREATE FUNCTION payments.post(
    p_key text, p_kind text, p_order text, p_at timestamptz, p_currency text, p_codes text[], p_amounts bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    posted bigint;
    refused text;
BEGIN
    INSERT INTO payments.transactions (key, kind, order_ref, at)
    VALUES (p_key, p_kind, p_order, p_at)
    ON CONFLICT (key) DO NOTHING
    RETURNING id INTO posted;
    IF posted IS NULL THEN
        SELECT id INTO posted
          FROM payments.transactions
         WHERE key = p_key AND kind = p_kind AND order_ref IS NOT DISTINCT FROM p_order
           AND NOT EXISTS (
               SELECT account, currency, sum(minor)
                 FROM (SELECT code AS account, accounts.currency, amount_minor AS minor
                         FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
                        WHERE transaction_id = transactions.id
                       UNION ALL
                       SELECT leg_code, p_currency, -leg_minor
                         FROM unnest(p_codes, p_amounts) AS legs (leg_code, leg_minor)) AS both_sides
                GROUP BY account, currency HAVING sum(minor) <> 0);
        IF posted IS NULL THEN
            RAISE EXCEPTION 'key % stands for another fact', p_key USING ERRCODE = 'PL001', DETAIL = p_key;
        END IF;
        RETURN posted;
    END IF;

    WITH added AS (
        INSERT INTO payments.accounts (code, kind, currency, floor_minor, keep_balance)
        SELECT wanted, kind, p_currency, floor_minor, keep_balance
          FROM (SELECT DISTINCT unnest(p_codes) AS wanted) AS codes
          JOIN payments.account_kinds ON kind = split_part(wanted, ':', 1)
         WHERE NOT EXISTS (SELECT 1 FROM payments.accounts WHERE code = wanted AND currency = p_currency)
         ORDER BY wanted
        ON CONFLICT (code, currency) DO NOTHING
        RETURNING id, floor_minor, keep_balance
    )
    INSERT INTO payments.balances (account_id, floor_minor)
    SELECT id, floor_minor FROM added WHERE keep_balance;

    INSERT INTO payments.postings (transaction_id, seq, account_id, amount_minor)
    SELECT posted, place, accounts.id, leg_minor
      FROM unnest(p_codes, p_amounts) WITH ORDINALITY AS legs (leg_code, leg_minor, place)
      JOIN payments.accounts ON code = leg_code AND currency = p_currency;

    SELECT leg_code INTO refused
      FROM unnest(p_codes) AS leg_code
     WHERE NOT EXISTS (SELECT 1 FROM payments.accounts WHERE code = leg_code AND currency = p_currency)
     LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % is of no known kind', refused USING ERRCODE = 'PL002', DETAIL = refused;
    END IF;

    PERFORM 1
       FROM payments.balances
      WHERE account_id IN (SELECT account_id FROM payments.postings WHERE transaction_id = posted)
      ORDER BY account_id
        FOR NO KEY UPDATE;

    SELECT code INTO refused
      FROM (SELECT account_id, sum(amount_minor) AS delta
              FROM payments.postings WHERE transaction_id = posted GROUP BY account_id) AS deltas
      JOIN payments.balances USING (account_id)
      JOIN payments.accounts ON accounts.id = account_id
     WHERE balances.amount_minor + delta < balances.floor_minor
     ORDER BY code LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % would go under its floor', refused USING ERRCODE = 'PL003', DETAIL = refused;
    END IF;

    UPDATE payments.balances
       SET amount_minor = balances.amount_minor + delta
      FROM (SELECT account_id, sum(amount_minor) AS delta
              FROM payments.postings WHERE transaction_id = posted GROUP BY account_id) AS deltas
     WHERE balances.account_id = deltas.account_id;
    RETURN posted;
END $$;
REVOKE ALL ON FUNCTION payments.post(text, text, text, timestamptz, text, text[], bigint[]) FROM PUBLIC;

-- Payments ---------------------------------------------------------------------------------------------------------

CREATE TABLE payments.payments (
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
    ask_at timestamptz,
    CONSTRAINT payments_provider_ref UNIQUE (provider_ref),
    CONSTRAINT payments_order CHECK (length(order_ref) BETWEEN 1 AND 90 AND order_ref !~ '[[:space:]]'),
    CONSTRAINT payments_purpose CHECK (purpose IN ('full', 'deposit', 'balance')),
    CONSTRAINT payments_method CHECK (method IN ('alipay', 'wechat', 'bank')),
    CONSTRAINT payments_state CHECK (state IN ('created', 'requires_action', 'processing', 'authorized', 'captured',
                                               'failed', 'canceled', 'expired')),
    CONSTRAINT payments_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payments_amount CHECK (amount_minor > 0),
    CONSTRAINT payments_captured CHECK (captured_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payments_given_back CHECK (refunded_minor >= 0 AND disputed_minor >= 0
                                          AND refunded_minor + disputed_minor <= captured_minor)
);
-- One live payment an order, by two keys: a payment in full excludes a deposit and a balance, these two bear each other.
CREATE UNIQUE INDEX payments_one_live_first ON payments.payments (order_ref)
    WHERE state NOT IN ('failed', 'canceled', 'expired') AND purpose IN ('full', 'deposit');
CREATE UNIQUE INDEX payments_one_live_rest ON payments.payments (order_ref)
    WHERE state NOT IN ('failed', 'canceled', 'expired') AND purpose IN ('full', 'balance');
CREATE INDEX payments_order_ref ON payments.payments (order_ref);
CREATE INDEX payments_expiring ON payments.payments (expires_at) WHERE state IN ('created', 'requires_action');
CREATE INDEX payments_to_ask ON payments.payments (ask_at) WHERE ask_at IS NOT NULL;

CREATE TABLE payments.parts (
    payment_id uuid NOT NULL REFERENCES payments.payments (id),
    seq smallint NOT NULL,
    name text NOT NULL,
    minor bigint NOT NULL,
    discount_minor bigint NOT NULL DEFAULT 0,
    CONSTRAINT parts_pkey PRIMARY KEY (payment_id, seq),
    CONSTRAINT parts_name UNIQUE (payment_id, name),
    CONSTRAINT parts_minor CHECK (minor > 0),
    CONSTRAINT parts_discount CHECK (discount_minor BETWEEN 0 AND minor)
);

CREATE TABLE payments.refunds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL REFERENCES payments.payments (id),
    key text NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL DEFAULT 'requested',
    provider_ref text,
    reason text,
    attempt smallint NOT NULL DEFAULT 1,
    requested_at timestamptz NOT NULL,
    settled_at timestamptz,
    CONSTRAINT refunds_key UNIQUE (key),
    CONSTRAINT refunds_provider_ref UNIQUE (provider_ref),
    CONSTRAINT refunds_amount CHECK (amount_minor > 0),
    CONSTRAINT refunds_state CHECK (state IN ('requested', 'pending', 'succeeded', 'failed'))
);
CREATE INDEX refunds_payment ON payments.refunds (payment_id);

CREATE TABLE payments.disputes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL REFERENCES payments.payments (id),
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
CREATE INDEX disputes_payment ON payments.disputes (payment_id);

-- Every call to a provider, written before the call with the key that is sent.
CREATE TABLE payments.operations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL REFERENCES payments.payments (id),
    refund_id uuid REFERENCES payments.refunds (id),
    kind text NOT NULL,
    key text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    attempts integer NOT NULL DEFAULT 0,
    error text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_sent_at timestamptz,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    CONSTRAINT operations_key UNIQUE (key),
    CONSTRAINT operations_kind CHECK (kind IN ('create', 'cancel', 'refund')),
    CONSTRAINT operations_refund CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
    CONSTRAINT operations_state CHECK (state IN ('pending', 'sent', 'ok', 'declined', 'unknown'))
);
CREATE INDEX operations_due ON payments.operations (next_at) WHERE state IN ('pending', 'sent', 'unknown');
CREATE INDEX operations_payment ON payments.operations (payment_id);

-- Messages ---------------------------------------------------------------------------------------------------------

CREATE TABLE payments.inbox (
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
    CONSTRAINT inbox_once PRIMARY KEY (provider, event_id),
    CONSTRAINT inbox_body CHECK (octet_length(body) <= 1048576),
    CONSTRAINT inbox_state CHECK (state IN ('new', 'done', 'parked', 'dead'))
);
CREATE INDEX inbox_due ON payments.inbox (next_at) WHERE state IN ('new', 'parked');

CREATE TABLE payments.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    order_ref text NOT NULL,
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    taken_at timestamptz
);
CREATE INDEX events_waiting ON payments.events (id) WHERE taken_at IS NULL;

CREATE TABLE payments.idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    subject text,
    status smallint,
    answer bytea,
    locked_until timestamptz NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    replays integer NOT NULL DEFAULT 0,
    CONSTRAINT idempotency_once PRIMARY KEY (actor, key),
    CONSTRAINT idempotency_key CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_answer CHECK ((status IS NULL) = (answer IS NULL))
);
CREATE INDEX idempotency_age ON payments.idempotency (begun_at);

-- Reconciliation ---------------------------------------------------------------------------------------------------

CREATE TABLE payments.statement_lines (
    provider text NOT NULL,
    day date NOT NULL,
    line_ref text NOT NULL,
    rail text NOT NULL,
    kind text NOT NULL,
    our_key text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    CONSTRAINT statement_lines_once PRIMARY KEY (provider, line_ref),
    CONSTRAINT statement_lines_kind CHECK (kind IN ('charge', 'refund', 'refund_failure', 'dispute', 'other'))
);
CREATE INDEX statement_lines_day ON payments.statement_lines (provider, day);

CREATE TABLE payments.breaks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    provider text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    ours_minor bigint,
    theirs_minor bigint,
    opened_at timestamptz NOT NULL,
    closed_by text REFERENCES payments.transactions (key),
    closed_at timestamptz,
    note text,
    CONSTRAINT breaks_once UNIQUE (provider, day, kind, reference),
    CONSTRAINT breaks_kind CHECK (kind IN ('missing_here', 'missing_there', 'amount', 'duplicate')),
    CONSTRAINT breaks_closed CHECK ((closed_by IS NULL) = (closed_at IS NULL))
);

-- Grants: what is not listed is refused ----------------------------------------------------------------------------

GRANT USAGE ON SCHEMA payments TO {app_role};
GRANT SELECT ON ALL TABLES IN SCHEMA payments TO {app_role};
GRANT EXECUTE ON FUNCTION payments.post(text, text, text, timestamptz, text, text[], bigint[]) TO {app_role};
GRANT INSERT ON payments.payments, payments.parts, payments.refunds, payments.disputes, payments.operations,
                payments.inbox, payments.events, payments.idempotency, payments.statement_lines, payments.breaks
             TO {app_role};
GRANT UPDATE (provider_ref, captured_minor, refunded_minor, disputed_minor, state, action, reason, captured_at,
              closed_at, ask_at) ON payments.payments TO {app_role};
GRANT UPDATE (state, provider_ref, reason, attempt, settled_at) ON payments.refunds TO {app_role};
GRANT UPDATE (state, reason, due_at, closed_at) ON payments.disputes TO {app_role};
GRANT UPDATE (state, attempts, error, first_sent_at, next_at, settled_at) ON payments.operations TO {app_role};
GRANT UPDATE (state, attempts, next_at, error) ON payments.inbox TO {app_role};
GRANT UPDATE (taken_at) ON payments.events TO {app_role};
GRANT UPDATE (subject, status, answer, locked_until, replays), DELETE ON payments.idempotency TO {app_role};
GRANT UPDATE (closed_by, closed_at, note) ON payments.breaks TO {app_role};
