-- Payments and their double-entry ledger. Amounts are bigint in minor units (`_minor`) beside an ISO currency code.
-- The caller chooses the schema and the role. The role owns nothing; grants.sql lists its privileges.

-- The number of a transaction begins with its month: see functions/make_number.sql.
CREATE SEQUENCE {schema}.transaction_numbers;

-- A kind is the prefix of account codes. If keep_balance is false, the balance is summed from the postings, so that no
-- transaction waits for a balance row. A balance never falls below floor_minor.
CREATE TABLE {schema}.account_kinds (
    kind text PRIMARY KEY,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT account_kinds_floor_needs_balance CHECK ((floor_minor IS NULL) OR keep_balance)
);
INSERT INTO {schema}.account_kinds (kind, floor_minor, keep_balance) VALUES
    ('adjusted', NULL, false),
    ('advance', NULL, true),
    ('appropriation', NULL, false),
    ('budget', NULL, false),
    ('clawback', NULL, false),
    ('clearing', NULL, false),
    ('commission', NULL, false),
    ('committed', NULL, false),
    ('disputed', 0, true),
    ('escrow', 0, true),
    ('freight', 0, true),
    ('payable', 0, true),
    ('promotion', NULL, false),
    ('receivable', NULL, false),
    ('recovered', NULL, false),
    ('refund', 0, true),
    ('setoff', NULL, false),
    ('spent', NULL, false),
    ('suspense', 0, true),
    ('transit', 0, true);

-- Accounts and transactions have integer ids because postings are the largest table; codes and keys are the public
-- ids.
CREATE TABLE {schema}.accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    floor_minor bigint,
    keep_balance boolean NOT NULL,
    CONSTRAINT accounts_code CHECK ((code ~ '^[a-z]+(:[^[:space:]]{1,100})?$') AND (split_part(code, ':', 1) = kind)),
    CONSTRAINT accounts_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT accounts_code_currency UNIQUE (code, currency),
    CONSTRAINT accounts_kind_fkey FOREIGN KEY (kind) REFERENCES {schema}.account_kinds(kind)
);
-- Verification finds what is in transit without reading the accounts of every order.
CREATE INDEX accounts_in_transit ON {schema}.accounts (code, currency) WHERE (kind = 'transit');
CREATE INDEX accounts_unresolved ON {schema}.accounts (kind) WHERE (kind IN ('advance', 'suspense'));

CREATE TABLE {schema}.transactions (
    id bigint PRIMARY KEY DEFAULT {schema}.make_number(),
    key text NOT NULL,
    kind text NOT NULL,
    order_ref text,
    at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_by text NOT NULL DEFAULT session_user,
    posted_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT transactions_key CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT transactions_kind CHECK (length(kind) BETWEEN 1 AND 60)
) PARTITION BY RANGE (id);
CREATE INDEX transactions_at ON {schema}.transactions (at, id);
CREATE TRIGGER transactions_append_only BEFORE DELETE OR UPDATE ON {schema}.transactions FOR EACH ROW
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE CONSTRAINT TRIGGER transactions_balanced AFTER INSERT ON {schema}.transactions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION {schema}.check_balanced();
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON {schema}.transactions FOR EACH STATEMENT
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER transactions_stamp BEFORE INSERT ON {schema}.transactions FOR EACH ROW
    EXECUTE FUNCTION {schema}.stamp_transaction();

CREATE TABLE {schema}.transactions_late PARTITION OF {schema}.transactions DEFAULT;
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON {schema}.transactions_late FOR EACH STATEMENT
    EXECUTE FUNCTION {schema}.refuse_change();

-- A posting has its transaction without a foreign key, which would check each posting once more: only an open
-- transaction takes postings (`postings_same_transaction`), and transactions are never deleted.
CREATE TABLE {schema}.postings (
    transaction_id bigint NOT NULL,
    seq smallint NOT NULL,
    account_id bigint NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT postings_amount CHECK (amount_minor <> 0),
    PRIMARY KEY (transaction_id, seq),
    CONSTRAINT postings_account_id_fkey FOREIGN KEY (account_id) REFERENCES {schema}.accounts(id)
) PARTITION BY RANGE (transaction_id);
CREATE INDEX postings_account ON {schema}.postings (account_id, transaction_id) INCLUDE (amount_minor);
CREATE TRIGGER postings_append_only BEFORE DELETE OR UPDATE ON {schema}.postings FOR EACH ROW
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON {schema}.postings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION {schema}.check_balanced();
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON {schema}.postings FOR EACH STATEMENT
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER postings_same_transaction BEFORE INSERT ON {schema}.postings FOR EACH ROW
    EXECUTE FUNCTION {schema}.refuse_closed_transaction();

CREATE TABLE {schema}.postings_late PARTITION OF {schema}.postings DEFAULT;
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON {schema}.postings_late FOR EACH STATEMENT
    EXECUTE FUNCTION {schema}.refuse_change();

-- What is unique or looked up in all months at once: the key, and the transactions of an order.
CREATE TABLE {schema}.transaction_keys (
    key text PRIMARY KEY,
    transaction_id bigint NOT NULL,
    order_ref text
);
CREATE INDEX transaction_keys_order ON {schema}.transaction_keys (order_ref, transaction_id)
    WHERE (order_ref IS NOT NULL);
CREATE TRIGGER transaction_keys_final BEFORE UPDATE ON {schema}.transaction_keys FOR EACH ROW
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER transaction_keys_kept BEFORE DELETE ON {schema}.transaction_keys FOR EACH ROW
    EXECUTE FUNCTION {schema}.refuse_free_key();
CREATE TRIGGER transaction_keys_no_truncate BEFORE TRUNCATE ON {schema}.transaction_keys FOR EACH STATEMENT
    EXECUTE FUNCTION {schema}.refuse_change();

CREATE TABLE {schema}.balances (
    account_id bigint PRIMARY KEY,
    amount_minor bigint NOT NULL DEFAULT 0,
    floor_minor bigint,
    CONSTRAINT balances_floor CHECK ((floor_minor IS NULL) OR (amount_minor >= floor_minor)),
    CONSTRAINT balances_account_id_fkey FOREIGN KEY (account_id) REFERENCES {schema}.accounts(id)
) WITH (fillfactor='70');

-- The transactions after the checkpoint before it and up to through_id, and the hash of their sums per account.
CREATE TABLE {schema}.checkpoints (
    through_id bigint PRIMARY KEY,
    hash bytea NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE ON {schema}.checkpoints FOR EACH ROW
    EXECUTE FUNCTION {schema}.refuse_change();

-- The sum of each account's postings up to the last checkpoint.
CREATE TABLE {schema}.checkpoint_sums (
    account_id bigint PRIMARY KEY,
    amount_minor bigint NOT NULL,
    CONSTRAINT checkpoint_sums_account_id_fkey FOREIGN KEY (account_id) REFERENCES {schema}.accounts(id)
);
CREATE INDEX checkpoint_sums_open ON {schema}.checkpoint_sums (account_id) WHERE (amount_minor <> 0);

CREATE TABLE {schema}.archived_months (
    first_id bigint PRIMARY KEY,
    end_id bigint NOT NULL,
    suffix text NOT NULL,
    transactions bigint NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    keys_through bigint NOT NULL,
    CONSTRAINT archived_months_order CHECK (first_id < end_id)
);

CREATE TABLE {schema}.archived_sums (
    account_id bigint PRIMARY KEY,
    amount_minor bigint NOT NULL,
    CONSTRAINT archived_sums_account_id_fkey FOREIGN KEY (account_id) REFERENCES {schema}.accounts(id)
);

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
    CONSTRAINT payments_amount CHECK (amount_minor > 0),
    CONSTRAINT payments_captured CHECK (captured_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payments_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payments_method CHECK (method IN ('alipay', 'wechat', 'bank')),
    CONSTRAINT payments_order CHECK ((length(order_ref) BETWEEN 1 AND 90) AND (order_ref !~ '[[:space:]]')),
    CONSTRAINT payments_purpose CHECK (purpose IN ('full', 'deposit', 'balance')),
    CONSTRAINT payments_refunded_disputed CHECK ((refunded_minor >= 0) AND (disputed_minor >= 0)
        AND ((refunded_minor + disputed_minor) <= captured_minor)),
    CONSTRAINT payments_state
        CHECK (state IN ('created', 'requires_action', 'processing', 'authorized', 'captured', 'failed', 'canceled',
        'expired')),
    CONSTRAINT payments_provider_ref UNIQUE (provider_ref)
) WITH (fillfactor='70');
CREATE INDEX payments_due_poll ON {schema}.payments (poll_at) WHERE (poll_at IS NOT NULL);
CREATE INDEX payments_expiring ON {schema}.payments (expires_at) WHERE (state IN ('created', 'requires_action'));
CREATE UNIQUE INDEX payments_one_live_balance ON {schema}.payments (order_ref)
    WHERE ((state <> ALL (ARRAY['failed', 'canceled', 'expired'])) AND (purpose IN ('full', 'balance')));
CREATE UNIQUE INDEX payments_one_live_deposit ON {schema}.payments (order_ref)
    WHERE ((state <> ALL (ARRAY['failed', 'canceled', 'expired'])) AND (purpose IN ('full', 'deposit')));
CREATE INDEX payments_order_ref ON {schema}.payments (order_ref);
CREATE CONSTRAINT TRIGGER payments_sums AFTER UPDATE OF captured_minor, refunded_minor,
    disputed_minor ON {schema}.payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION {schema}.check_payment_sums();

CREATE TABLE {schema}.parts (
    payment_id uuid NOT NULL,
    seq smallint NOT NULL,
    name text NOT NULL,
    minor bigint NOT NULL,
    discount_minor bigint NOT NULL DEFAULT 0,
    CONSTRAINT parts_discount CHECK (discount_minor BETWEEN 0 AND minor),
    CONSTRAINT parts_minor CHECK (minor > 0),
    -- The parts of a payment differ in their names; that their numbers differ too needs no index.
    PRIMARY KEY (payment_id, name),
    CONSTRAINT parts_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES {schema}.payments(id)
);

CREATE TABLE {schema}.refunds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL DEFAULT 'requested',
    provider_ref text,
    reason text,
    attempt smallint NOT NULL DEFAULT 1,
    requested_at timestamptz NOT NULL,
    succeeded_at timestamptz,
    retry_at timestamptz,
    pending_since timestamptz,
    CONSTRAINT refunds_amount CHECK (amount_minor > 0),
    CONSTRAINT refunds_state CHECK (state IN ('requested', 'pending', 'succeeded', 'failed')),
    CONSTRAINT refunds_key UNIQUE (key),
    CONSTRAINT refunds_provider_ref UNIQUE (provider_ref),
    CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES {schema}.payments(id)
);
CREATE INDEX refunds_due_retry ON {schema}.refunds (retry_at) WHERE (retry_at IS NOT NULL);
CREATE INDEX refunds_failed ON {schema}.refunds (id) WHERE (state = 'failed');
CREATE INDEX refunds_payment ON {schema}.refunds (payment_id);
CREATE INDEX refunds_pending ON {schema}.refunds (pending_since) WHERE (state = 'pending');
CREATE INDEX refunds_requested ON {schema}.refunds (id) WHERE (state = 'requested');

CREATE TABLE {schema}.disputes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL,
    provider_ref text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL,
    reason text,
    due_at timestamptz,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    changes integer NOT NULL DEFAULT 0,
    CONSTRAINT disputes_amount CHECK (amount_minor > 0),
    CONSTRAINT disputes_changes CHECK (changes >= 0),
    CONSTRAINT disputes_state CHECK (state IN ('open', 'won', 'lost')),
    CONSTRAINT disputes_provider_ref UNIQUE (provider_ref),
    CONSTRAINT disputes_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES {schema}.payments(id)
);
CREATE INDEX disputes_open ON {schema}.disputes (payment_id) WHERE (state = 'open');
CREATE INDEX disputes_payment ON {schema}.disputes (payment_id);

CREATE TABLE {schema}.payouts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payee text NOT NULL,
    key text NOT NULL,
    provider text NOT NULL,
    destination text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    state text NOT NULL DEFAULT 'created',
    provider_ref text,
    reason text,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    failed_at timestamptz,
    poll_at timestamptz,
    CONSTRAINT payouts_amount CHECK (amount_minor > 0),
    CONSTRAINT payouts_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payouts_destination CHECK (length(destination) BETWEEN 1 AND 200),
    CONSTRAINT payouts_failed CHECK ((state = 'failed') = (failed_at IS NOT NULL)),
    CONSTRAINT payouts_paid CHECK ((state <> 'paid') OR (paid_at IS NOT NULL)),
    CONSTRAINT payouts_payee CHECK ((length(payee) BETWEEN 1 AND 90) AND (payee !~ '[[:space:]]')),
    CONSTRAINT payouts_state CHECK (state IN ('created', 'in_transit', 'paid', 'failed')),
    CONSTRAINT payouts_key UNIQUE (key),
    CONSTRAINT payouts_provider_ref UNIQUE (provider_ref)
);
CREATE INDEX payouts_due_poll ON {schema}.payouts (poll_at) WHERE (poll_at IS NOT NULL);
CREATE INDEX payouts_of_payee ON {schema}.payouts (payee, id);
CREATE INDEX payouts_open ON {schema}.payouts (payee) WHERE (state IN ('created', 'in_transit'));

CREATE TABLE {schema}.operations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid,
    refund_id uuid,
    kind text NOT NULL,
    key text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    attempts integer NOT NULL DEFAULT 0,
    error text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_sent_at timestamptz,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A call is about a payment or about a payout.
    payout_id uuid,
    CONSTRAINT operations_kind CHECK (kind IN ('create', 'cancel', 'refund', 'payout')),
    CONSTRAINT operations_payout CHECK (((kind = 'payout') = (payout_id IS NOT NULL))
        AND ((payout_id IS NULL) = (payment_id IS NOT NULL))),
    CONSTRAINT operations_refund CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
    CONSTRAINT operations_state CHECK (state IN ('pending', 'sent', 'ok', 'declined', 'unknown')),
    CONSTRAINT operations_key UNIQUE (key),
    CONSTRAINT operations_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES {schema}.payments(id),
    CONSTRAINT operations_payout_of FOREIGN KEY (payout_id) REFERENCES {schema}.payouts(id),
    CONSTRAINT operations_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES {schema}.refunds(id)
) WITH (fillfactor='50');
CREATE INDEX operations_cancel ON {schema}.operations (payment_id) WHERE (kind = 'cancel');
CREATE INDEX operations_due ON {schema}.operations (next_at) WHERE (state IN ('pending', 'sent', 'unknown'));

CREATE TABLE {schema}.inbox (
    provider text NOT NULL,
    event_id text NOT NULL,
    topic text NOT NULL,
    object_ref text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL DEFAULT 'new',
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text,
    leased_until timestamptz,
    CONSTRAINT inbox_state CHECK (state IN ('new', 'done', 'parked', 'dead')),
    CONSTRAINT inbox_unique PRIMARY KEY (provider, event_id)
) WITH (fillfactor='50');
-- Dead webhooks stay until a person has requeued them; their number is exported as a metric.
CREATE INDEX inbox_dead ON {schema}.inbox (received_at) WHERE (state = 'dead');
-- Applied messages and consumed events by age, so that the old ones are found without reading the others.
CREATE INDEX inbox_done ON {schema}.inbox (received_at) WHERE (state = 'done');
CREATE INDEX inbox_due ON {schema}.inbox (next_at) WHERE (state IN ('new', 'parked'));

CREATE TABLE {schema}.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    order_ref text NOT NULL,
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    -- An event that its consumer cannot handle is retried after a delay and finally given up with its error.
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    error text,
    dead_at timestamptz,
    -- `at` is the time of the business clock, which tests and the demo shift.
    written_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor='50');
CREATE INDEX events_dead ON {schema}.events (dead_at) WHERE (dead_at IS NOT NULL);
CREATE INDEX events_order ON {schema}.events (order_ref);

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
    -- The provider takes its fee in the currency of the settlement, which may differ from the line's.
    fee_currency text,
    CONSTRAINT statement_lines_fee_currency CHECK (fee_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT statement_lines_kind
        CHECK (kind IN ('charge', 'refund', 'refund_failure', 'dispute', 'payout', 'other')),
    CONSTRAINT statement_lines_unique PRIMARY KEY (provider, line_ref)
);
CREATE INDEX statement_lines_day ON {schema}.statement_lines (provider, day);
CREATE INDEX statement_lines_key ON {schema}.statement_lines (provider, COALESCE(ledger_key, line_ref));

CREATE TABLE {schema}.discrepancies (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    provider text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    ledger_minor bigint,
    provider_minor bigint,
    opened_at timestamptz NOT NULL,
    closed_by text,
    closed_at timestamptz,
    note text,
    CONSTRAINT discrepancies_closed
        CHECK (
CASE
    WHEN (closed_at IS NULL) THEN (closed_by IS NULL)
    ELSE (COALESCE(length(note),
        0) > 0)
END),
    CONSTRAINT discrepancies_kind CHECK (kind IN ('missing_here', 'missing_there', 'amount', 'currency', 'duplicate')),
    CONSTRAINT discrepancies_unique UNIQUE (provider, day, kind, reference),
    CONSTRAINT discrepancies_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES {schema}.transaction_keys(key)
);
CREATE INDEX discrepancies_open ON {schema}.discrepancies (opened_at, id) WHERE (closed_at IS NULL);

-- Accounts and transactions have integer ids because postings are the largest table; codes and keys are the public
-- ids.
CREATE TABLE {schema}_archive.accounts (
    id bigint PRIMARY KEY,
    code text NOT NULL,
    currency text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX accounts_code ON {schema}_archive.accounts (code);
