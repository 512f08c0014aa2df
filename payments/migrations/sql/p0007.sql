-- Checkpoints of the ledger, so that a verification reads what is open or newer, and when an event was written.

-- `at` is the time of the business clock, which tests and the demo shift.
ALTER TABLE {schema}.events ADD COLUMN written_at timestamptz NOT NULL DEFAULT now();

-- The transactions after the checkpoint before it and up to through_id, and the hash of their sums per account.
CREATE TABLE {schema}.checkpoints (
    through_id bigint PRIMARY KEY,
    hash bytea NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- The sum of each account's postings up to the last checkpoint.
CREATE TABLE {schema}.checkpoint_sums (
    account_id bigint PRIMARY KEY REFERENCES {schema}.accounts (id),
    amount_minor bigint NOT NULL
);
CREATE INDEX checkpoint_sums_open ON {schema}.checkpoint_sums (account_id) WHERE amount_minor <> 0;
CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON {schema}.checkpoints
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();

CREATE FUNCTION {schema}.hash_sums(p_after bigint, p_through bigint) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = {schema}, pg_temp AS $$
    SELECT sha256(convert_to(coalesce(string_agg(account_id || ' ' || total, E'\n' ORDER BY account_id), ''), 'UTF8'))
      FROM (SELECT account_id, sum(amount_minor) AS total
              FROM postings
             WHERE transaction_id > p_after AND transaction_id <= p_through
             GROUP BY account_id) AS sums
$$;

-- Close up to 50,000 transactions that were posted at least an hour ago, which no open database transaction can still
-- add to; return the last one, or NULL if there is none.
CREATE FUNCTION {schema}.add_checkpoint() RETURNS bigint
    LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    before bigint;
    last bigint;
BEGIN
    LOCK TABLE checkpoints IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(through_id), 0) INTO before FROM checkpoints;
    SELECT max(id) INTO last
      FROM (SELECT id
              FROM transactions
             WHERE id > before AND posted_at < clock_timestamp() - interval '1 hour'
             ORDER BY id LIMIT 50000) AS closed;
    IF last IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO checkpoints (through_id, hash) VALUES (last, hash_sums(before, last));
    INSERT INTO checkpoint_sums (account_id, amount_minor)
    SELECT account_id, sum(amount_minor)
      FROM postings
     WHERE transaction_id > before AND transaction_id <= last
     GROUP BY account_id
    ON CONFLICT (account_id) DO UPDATE SET amount_minor = checkpoint_sums.amount_minor + excluded.amount_minor;
    RETURN last;
END $$;
REVOKE ALL ON FUNCTION {schema}.add_checkpoint() FROM PUBLIC;
