-- Where a producer is paid. The number is encrypted; `destination` is the payment provider's reference of the account.
CREATE TABLE payout_accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    holder text NOT NULL,
    number_sealed bytea NOT NULL,
    number_tail text NOT NULL,
    state text NOT NULL DEFAULT 'checking',
    destination text,
    reason text,
    entered_by uuid NOT NULL,
    entered_at timestamptz NOT NULL,
    checked_at timestamptz,
    -- A changed account is used after three days, and only if a second person agreed. `replaces` is the account before
    -- it.
    replaces uuid,
    usable_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    activated_at timestamptz,
    CONSTRAINT payout_accounts_activated
        CHECK (
CASE
    WHEN (state IN ('active',
        'ended')) THEN (activated_at IS NOT NULL)
    ELSE (activated_at IS NULL)
END),
    CONSTRAINT payout_accounts_change CHECK ((replaces IS NULL) = (usable_at IS NULL)),
    CONSTRAINT payout_accounts_checked CHECK ((state = 'checking') = (checked_at IS NULL)),
    CONSTRAINT payout_accounts_decided CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT payout_accounts_holder CHECK (length(holder) BETWEEN 1 AND 60),
    CONSTRAINT payout_accounts_kind CHECK (kind IN ('bank', 'wechat')),
    CONSTRAINT payout_accounts_state CHECK (state IN ('checking', 'waiting', 'active', 'rejected', 'ended')),
    CONSTRAINT payout_accounts_tail CHECK (length(number_tail) BETWEEN 1 AND 4),
    CONSTRAINT payout_accounts_three_days CHECK (usable_at >= (entered_at + '3 days'::interval)),
    CONSTRAINT payout_accounts_verified CHECK ((state <> ALL (ARRAY['waiting', 'active']))
        OR (destination IS NOT NULL)),
    CONSTRAINT payout_accounts_waited CHECK ((replaces IS NULL) OR (activated_at IS NULL)
        OR ((activated_at >= usable_at) AND (decided_by IS NOT NULL))),
    CONSTRAINT payout_accounts_waiting CHECK ((state <> 'waiting') OR (replaces IS NOT NULL)),
    -- Nobody agrees to a change of a payout account that was asked for more than 30 days ago. What was agreed to
    -- before stays.
    CONSTRAINT payout_accounts_term CHECK ((state = 'rejected') OR (replaces IS NULL)
        OR (decided_at <= (entered_at + '30 days'::interval))) NOT VALID,
    CONSTRAINT payout_accounts_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT payout_accounts_entered_by FOREIGN KEY (entered_by) REFERENCES accounts(id),
    CONSTRAINT payout_accounts_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT payout_accounts_replaced FOREIGN KEY (replaces) REFERENCES payout_accounts(id)
);
CREATE UNIQUE INDEX payout_accounts_active ON payout_accounts (producer_id) WHERE (state = 'active');
CREATE INDEX payout_accounts_by_producer ON payout_accounts (producer_id, id);
CREATE UNIQUE INDEX payout_accounts_pending ON payout_accounts (producer_id) WHERE (state IN ('checking', 'waiting'));
CREATE TRIGGER payout_accounts_checked_once BEFORE UPDATE ON payout_accounts FOR EACH ROW
    EXECUTE FUNCTION check_payout_account();
GRANT SELECT, INSERT (producer_id, kind, holder, number_sealed, number_tail, entered_by, entered_at, replaces,
    usable_at), UPDATE (state, destination, reason, checked_at, decided_by, decided_at,
    activated_at) ON payout_accounts TO market_app;

-- What its owner asks for above the limit of a day waits for a second person. It moves no money until then.
CREATE TABLE large_payouts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    amount_fen bigint NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    decided_by uuid,
    decided_at timestamptz,
    note text NOT NULL DEFAULT '',
    CONSTRAINT large_payouts_amount CHECK (amount_fen > 0),
    CONSTRAINT large_payouts_decided CHECK (((state = 'waiting') = (decided_by IS NULL))
        AND ((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT large_payouts_note CHECK (length(note) <= 200),
    CONSTRAINT large_payouts_state CHECK (state IN ('waiting', 'consented', 'refused')),
    CONSTRAINT large_payouts_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT large_payouts_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT large_payouts_requester FOREIGN KEY (requested_by) REFERENCES accounts(id)
);
CREATE INDEX large_payouts_by_producer ON large_payouts (producer_id, id);
CREATE UNIQUE INDEX large_payouts_one ON large_payouts (producer_id) WHERE (state = 'waiting');
CREATE TRIGGER large_payouts_decision BEFORE UPDATE ON large_payouts FOR EACH ROW
    EXECUTE FUNCTION check_large_payout();
GRANT SELECT, INSERT (producer_id, amount_fen, requested_by, requested_at), UPDATE (state, decided_by, decided_at,
    note) ON large_payouts TO market_app;
