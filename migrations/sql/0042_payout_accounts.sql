-- Where a producer is paid. The number is encrypted; `destination` is the payment provider's reference of the account.
CREATE TABLE payout_accounts (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id   uuid NOT NULL CONSTRAINT payout_accounts_producer REFERENCES producers,
    kind          text NOT NULL CONSTRAINT payout_accounts_kind CHECK (kind IN ('bank', 'wechat')),
    holder        text NOT NULL CONSTRAINT payout_accounts_holder CHECK (length(holder) BETWEEN 1 AND 60),
    number_sealed bytea NOT NULL,
    number_tail   text NOT NULL CONSTRAINT payout_accounts_tail CHECK (length(number_tail) BETWEEN 1 AND 4),
    state         text NOT NULL DEFAULT 'checking' CONSTRAINT payout_accounts_state CHECK (state IN (
        'checking', 'active', 'rejected')),
    destination   text,
    reason        text,
    entered_by    uuid NOT NULL CONSTRAINT payout_accounts_entered_by REFERENCES accounts,
    entered_at    timestamptz NOT NULL,
    checked_at    timestamptz,
    CONSTRAINT payout_accounts_checked CHECK ((state = 'checking') = (checked_at IS NULL)),
    CONSTRAINT payout_accounts_verified CHECK (state <> 'active' OR destination IS NOT NULL)
);
CREATE UNIQUE INDEX payout_accounts_one ON payout_accounts (producer_id) WHERE state <> 'rejected';
CREATE INDEX payout_accounts_by_producer ON payout_accounts (producer_id, id);
GRANT SELECT, INSERT (producer_id, kind, holder, number_sealed, number_tail, entered_by, entered_at),
    UPDATE (state, destination, reason, checked_at) ON payout_accounts TO market_app;

-- A checked account never changes: a rejected one is replaced by another row.
CREATE FUNCTION check_payout_account() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'checking' THEN
        RAISE EXCEPTION 'the payout account % was checked', OLD.id USING ERRCODE = 'P0109';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER payout_accounts_checked_once BEFORE UPDATE ON payout_accounts
    FOR EACH ROW EXECUTE FUNCTION check_payout_account();
