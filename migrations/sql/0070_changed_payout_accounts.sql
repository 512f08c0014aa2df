-- A changed account is used after three days, and only if a second person agreed. `replaces` is the account before it.
ALTER TABLE payout_accounts ADD COLUMN replaces uuid;
ALTER TABLE payout_accounts ADD COLUMN usable_at timestamptz;
ALTER TABLE payout_accounts ADD COLUMN decided_by uuid;
ALTER TABLE payout_accounts ADD COLUMN decided_at timestamptz;
ALTER TABLE payout_accounts ADD COLUMN activated_at timestamptz;

DROP TRIGGER payout_accounts_checked_once ON payout_accounts;
UPDATE payout_accounts SET activated_at = checked_at WHERE state = 'active';

-- The table has a row for each seller: it is checked in no time.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid, adding-foreign-key-constraint
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_replaced FOREIGN KEY (replaces) REFERENCES payout_accounts;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_decider FOREIGN KEY (decided_by) REFERENCES accounts;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_accounts_state;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_state CHECK (state IN (
    'checking', 'waiting', 'active', 'rejected', 'ended'));
ALTER TABLE payout_accounts DROP CONSTRAINT payout_accounts_verified;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_verified CHECK (
    state NOT IN ('waiting', 'active') OR destination IS NOT NULL);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_change CHECK ((replaces IS NULL) = (usable_at IS NULL));
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_three_days CHECK (
    usable_at >= entered_at + interval '3 days');
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_waiting CHECK (state <> 'waiting' OR replaces IS NOT NULL);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_activated CHECK (
    CASE WHEN state IN ('active', 'ended') THEN activated_at IS NOT NULL ELSE activated_at IS NULL END);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_waited CHECK (
    replaces IS NULL OR activated_at IS NULL OR (activated_at >= usable_at AND decided_by IS NOT NULL));
ALTER TABLE payout_accounts ADD CONSTRAINT payout_accounts_decided CHECK (
    (decided_by IS NULL) = (decided_at IS NULL));
DROP INDEX payout_accounts_one;
CREATE UNIQUE INDEX payout_accounts_active ON payout_accounts (producer_id) WHERE state = 'active';
CREATE UNIQUE INDEX payout_accounts_pending ON payout_accounts (producer_id) WHERE state IN ('checking', 'waiting');
GRANT INSERT (replaces, usable_at), UPDATE (decided_by, decided_at, activated_at) ON payout_accounts TO market_app;

-- What was checked, agreed to or ended stays so. Only a producer's first account has no predecessor, and nobody agrees
-- to the change that they asked for.
CREATE OR REPLACE FUNCTION check_payout_account() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('rejected', 'ended') AND NEW.state <> OLD.state
       OR OLD.state = 'active' AND NEW.state NOT IN ('active', 'ended')
       OR OLD.state = 'waiting' AND NEW.state NOT IN ('waiting', 'active', 'rejected')
       OR OLD.state = 'checking' AND NEW.state = 'active' AND NEW.replaces IS NOT NULL
       OR OLD.state <> 'checking' AND NEW.destination IS DISTINCT FROM OLD.destination
       OR OLD.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by AND NEW.state <> 'rejected' THEN
        RAISE EXCEPTION 'the payout account % was checked', OLD.id USING ERRCODE = 'P0109';
    END IF;
    IF NEW.state = 'active' AND OLD.state = 'checking'
       AND EXISTS (SELECT FROM payout_accounts
                    WHERE producer_id = NEW.producer_id AND activated_at IS NOT NULL AND id <> NEW.id) THEN
        RAISE EXCEPTION 'the producer % has had a payout account', NEW.producer_id USING ERRCODE = 'P0109';
    END IF;
    IF NEW.state <> 'rejected' AND NEW.decided_by IS DISTINCT FROM OLD.decided_by
       AND is_same_person(NEW.entered_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the payout account % needs a second person', NEW.id USING ERRCODE = 'P0161';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER payout_accounts_checked_once BEFORE UPDATE ON payout_accounts
    FOR EACH ROW EXECUTE FUNCTION check_payout_account();

-- What its owner asks for above the limit of a day waits for a second person. It moves no money until then.
CREATE TABLE large_payouts (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id   uuid NOT NULL CONSTRAINT large_payouts_producer REFERENCES producers,
    amount_fen    bigint NOT NULL CONSTRAINT large_payouts_amount CHECK (amount_fen > 0),
    requested_by  uuid NOT NULL CONSTRAINT large_payouts_requester REFERENCES accounts,
    requested_at  timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CONSTRAINT large_payouts_state CHECK (state IN (
        'waiting', 'consented', 'refused')),
    decided_by    uuid CONSTRAINT large_payouts_decider REFERENCES accounts,
    decided_at    timestamptz,
    note          text NOT NULL DEFAULT '' CONSTRAINT large_payouts_note CHECK (length(note) <= 200),
    CONSTRAINT large_payouts_decided CHECK (
        (state = 'waiting') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX large_payouts_one ON large_payouts (producer_id) WHERE state = 'waiting';
CREATE INDEX large_payouts_by_producer ON large_payouts (producer_id, id);
GRANT SELECT, INSERT (producer_id, amount_fen, requested_by, requested_at),
    UPDATE (state, decided_by, decided_at, note) ON large_payouts TO market_app;

CREATE FUNCTION check_large_payout() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'the large payout % was decided', OLD.id USING ERRCODE = 'P0162';
    END IF;
    IF NEW.state = 'consented' AND is_same_person(OLD.requested_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the large payout % needs a second person', OLD.id USING ERRCODE = 'P0161';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER large_payouts_decision BEFORE UPDATE ON large_payouts
    FOR EACH ROW EXECUTE FUNCTION check_large_payout();
