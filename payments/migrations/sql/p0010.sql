-- Payouts: what a payee is owed, on its way to the payee's account at a bank.

-- transit:<payee> is what was sent and the bank has not confirmed.
INSERT INTO {schema}.account_kinds (kind, floor_minor, keep_balance) VALUES ('transit', 0, true);

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
    CONSTRAINT payouts_key UNIQUE (key),
    CONSTRAINT payouts_provider_ref UNIQUE (provider_ref),
    CONSTRAINT payouts_payee CHECK (length(payee) BETWEEN 1 AND 90 AND payee !~ '[[:space:]]'),
    CONSTRAINT payouts_destination CHECK (length(destination) BETWEEN 1 AND 200),
    CONSTRAINT payouts_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payouts_amount CHECK (amount_minor > 0),
    CONSTRAINT payouts_state CHECK (state IN ('created', 'in_transit', 'paid', 'failed')),
    CONSTRAINT payouts_failed CHECK ((state = 'failed') = (failed_at IS NOT NULL)),
    CONSTRAINT payouts_paid CHECK (state <> 'paid' OR paid_at IS NOT NULL)
);
CREATE INDEX payouts_of_payee ON {schema}.payouts (payee, id);
CREATE INDEX payouts_due_poll ON {schema}.payouts (poll_at) WHERE poll_at IS NOT NULL;
CREATE INDEX payouts_open ON {schema}.payouts (payee) WHERE state IN ('created', 'in_transit');

-- A call is about a payment or about a payout.
ALTER TABLE {schema}.operations
    -- squawk-ignore adding-foreign-key-constraint
    ADD COLUMN payout_id uuid CONSTRAINT operations_payout_of REFERENCES {schema}.payouts (id),
    -- squawk-ignore ban-drop-not-null
    ALTER COLUMN payment_id DROP NOT NULL,
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT operations_kind,
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT operations_kind CHECK (kind IN ('create', 'cancel', 'refund', 'payout')),
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT operations_payout CHECK ((kind = 'payout') = (payout_id IS NOT NULL)
                                            AND (payout_id IS NULL) = (payment_id IS NOT NULL));

ALTER TABLE {schema}.statement_lines
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT statement_lines_kind,
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT statement_lines_kind
        CHECK (kind IN ('charge', 'refund', 'refund_failure', 'dispute', 'payout', 'other'));
