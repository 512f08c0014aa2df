-- The ledger by month. Numbers of transactions begin with the month in which they are posted, so that the months are
-- ranges of the primary key: 2611000000000042 is the 42nd transaction, posted in November 2026 (UTC). Numbers of earlier
-- releases begin with no month and come before all others.

CREATE SCHEMA IF NOT EXISTS {schema}_archive;
REVOKE ALL ON SCHEMA {schema}_archive FROM PUBLIC;

ALTER TABLE {schema}.discrepancies DROP CONSTRAINT discrepancies_closed_by_fkey;
ALTER TABLE {schema}.postings DROP CONSTRAINT postings_transaction_id_fkey;
DROP TRIGGER transactions_append_only ON {schema}.transactions;
DROP TRIGGER transactions_balanced ON {schema}.transactions;
DROP TRIGGER transactions_no_truncate ON {schema}.transactions;
DROP TRIGGER transactions_stamp ON {schema}.transactions;
DROP TRIGGER postings_append_only ON {schema}.postings;
DROP TRIGGER postings_balanced ON {schema}.postings;
DROP TRIGGER postings_no_truncate ON {schema}.postings;
DROP TRIGGER postings_same_transaction ON {schema}.postings;
DROP TRIGGER payments_sums ON {schema}.payments;
-- squawk-ignore ban-drop-function
DROP FUNCTION {schema}.check_payment_sums();
-- squawk-ignore ban-drop-function
DROP FUNCTION {schema}.check_balanced();
-- squawk-ignore ban-drop-function
DROP FUNCTION {schema}.stamp_transaction();
-- squawk-ignore ban-drop-function
DROP FUNCTION {schema}.add_checkpoint();
-- squawk-ignore ban-drop-function
DROP FUNCTION {schema}.hash_sums(bigint, bigint);
-- squawk-ignore ban-drop-function
DROP FUNCTION {schema}.post(text, text, text, timestamptz, text, text[], bigint[]);

-- squawk-ignore renaming-table
ALTER TABLE {schema}.transactions RENAME TO transactions_before;
-- squawk-ignore renaming-table
ALTER TABLE {schema}.postings RENAME TO postings_before;
-- squawk-ignore ban-alter-identity
ALTER TABLE {schema}.transactions_before ALTER COLUMN id DROP IDENTITY;
ALTER TABLE {schema}.transactions_before DROP CONSTRAINT transactions_key_unique;
DROP INDEX {schema}.transactions_order;
-- squawk-ignore renaming-object
ALTER INDEX {schema}.transactions_pkey RENAME TO transactions_before_pkey;
-- squawk-ignore renaming-object
ALTER INDEX {schema}.transactions_at RENAME TO transactions_before_at;
-- squawk-ignore renaming-object
ALTER INDEX {schema}.postings_pkey RENAME TO postings_before_pkey;
-- squawk-ignore renaming-object
ALTER INDEX {schema}.postings_account RENAME TO postings_before_account;
ALTER TABLE {schema}.postings_before DROP CONSTRAINT postings_account_id_fkey;

CREATE SEQUENCE {schema}.transaction_numbers AS bigint;
SELECT setval('{schema}.transaction_numbers', greatest(max(id), 1), max(id) IS NOT NULL)
  FROM {schema}.transactions_before;

-- The smallest number of a transaction that is posted in a month.
CREATE FUNCTION {schema}.get_first_number(p_month date) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$
    SELECT ((EXTRACT(year FROM p_month)::bigint - 2000) * 100 + EXTRACT(month FROM p_month)::bigint) * 1000000000000
$$;

CREATE FUNCTION {schema}.make_number() RETURNS bigint
    LANGUAGE sql VOLATILE AS $$
    SELECT {schema}.get_first_number((clock_timestamp() AT TIME ZONE 'UTC')::date)
           + nextval('{schema}.transaction_numbers'::regclass)
$$;
REVOKE ALL ON FUNCTION {schema}.make_number() FROM PUBLIC;

CREATE TABLE {schema}.transactions (
    id bigint NOT NULL DEFAULT {schema}.make_number(),
    key text NOT NULL,
    kind text NOT NULL,
    order_ref text,
    at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_by text NOT NULL DEFAULT session_user,
    posted_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT transactions_pkey PRIMARY KEY (id),
    CONSTRAINT transactions_key CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT transactions_kind CHECK (length(kind) BETWEEN 1 AND 60)
) PARTITION BY RANGE (id);
CREATE INDEX transactions_at ON {schema}.transactions (at, id);

-- A posting has its transaction without a foreign key, which would check each posting once more: only an open
-- transaction takes postings (`postings_same_transaction`), and transactions are never deleted.
CREATE TABLE {schema}.postings (
    transaction_id bigint NOT NULL,
    seq smallint NOT NULL,
    account_id bigint NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT postings_pkey PRIMARY KEY (transaction_id, seq),
    CONSTRAINT postings_amount CHECK (amount_minor <> 0),
    CONSTRAINT postings_account_id_fkey FOREIGN KEY (account_id) REFERENCES {schema}.accounts (id)
) PARTITION BY RANGE (transaction_id);
CREATE INDEX postings_account ON {schema}.postings (account_id, transaction_id) INCLUDE (amount_minor);

-- What is unique or looked up in all months at once: the key, and the transactions of an order.
CREATE TABLE {schema}.transaction_keys (
    key text PRIMARY KEY,
    transaction_id bigint NOT NULL,
    order_ref text
);
INSERT INTO {schema}.transaction_keys (key, transaction_id, order_ref)
SELECT key, id, order_ref FROM {schema}.transactions_before;
CREATE INDEX transaction_keys_order ON {schema}.transaction_keys (order_ref, transaction_id)
 WHERE order_ref IS NOT NULL;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE {schema}.discrepancies ADD CONSTRAINT discrepancies_closed_by_fkey
      FOREIGN KEY (closed_by) REFERENCES {schema}.transaction_keys (key);
-- A key is free again only with its transaction in the archive.
CREATE FUNCTION {schema}.refuse_free_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM {schema}.transactions WHERE id = OLD.transaction_id) THEN
        RAISE EXCEPTION 'the key % is of a transaction of the ledger', OLD.key USING ERRCODE = 'PL004';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER transaction_keys_kept BEFORE DELETE ON {schema}.transaction_keys
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_free_key();
CREATE TRIGGER transaction_keys_final BEFORE UPDATE ON {schema}.transaction_keys
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER transaction_keys_no_truncate BEFORE TRUNCATE ON {schema}.transaction_keys
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();

-- What no month has been made for; `make_months` gives it its month.
CREATE TABLE {schema}.transactions_late PARTITION OF {schema}.transactions DEFAULT;
CREATE TABLE {schema}.postings_late PARTITION OF {schema}.postings DEFAULT;
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON {schema}.transactions_late
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON {schema}.postings_late
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();

-- What earlier releases posted is the first partition; a ledger that is empty needs none.
DO $$
BEGIN
    IF EXISTS (SELECT FROM {schema}.transactions_before) THEN
        ALTER TABLE {schema}.transactions ATTACH PARTITION {schema}.transactions_before
            FOR VALUES FROM (MINVALUE) TO (1000000000000);
        ALTER TABLE {schema}.postings ATTACH PARTITION {schema}.postings_before
            FOR VALUES FROM (MINVALUE) TO (1000000000000);
        CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON {schema}.transactions_before
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
        CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON {schema}.postings_before
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
    ELSE
        DROP TABLE {schema}.postings_before, {schema}.transactions_before;
    END IF;
END $$;

-- `posted_in` distinguishes open from closed transactions, so the writer cannot set it (xmin is wrong in savepoints).
-- The key is taken in all months: by `post` before, else here.
CREATE FUNCTION {schema}.stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.posted_in := pg_current_xact_id();
    IF NOT EXISTS (SELECT FROM {schema}.transaction_keys WHERE key = NEW.key AND transaction_id = NEW.id) THEN
        INSERT INTO {schema}.transaction_keys (key, transaction_id, order_ref)
        VALUES (NEW.key, NEW.id, NEW.order_ref);
    END IF;
    RETURN NEW;
END $$;

-- Checked at commit, on both tables: on transactions to find those without postings, on postings because further legs
-- could otherwise follow the check after SET CONSTRAINTS ALL IMMEDIATE.
CREATE FUNCTION {schema}.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    legs bigint;
    uneven bigint;
BEGIN
    -- The table is a partition with a name of its own.
    IF TG_NAME = 'transactions_balanced' THEN
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

-- What a payment took, gave back and lost is what was booked for it, whoever writes these columns: checked at commit.
-- The sums of `verify_ledger`, for one payment.
CREATE FUNCTION {schema}.check_payment_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payment {schema}.payments;
    booked bigint;
    requested bigint;
    disputed bigint;
BEGIN
    SELECT * INTO payment FROM {schema}.payments WHERE id = NEW.id;
    SELECT coalesce(-sum(amount_minor), 0) INTO booked
      FROM {schema}.transaction_keys
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE key IN ('paid:' || payment.id, 'late:' || payment.id) AND accounts.kind = 'clearing';
    SELECT coalesce(sum(amount_minor), 0) INTO requested FROM {schema}.refunds WHERE payment_id = payment.id;
    SELECT coalesce(sum(amount_minor), 0) INTO disputed
      FROM {schema}.disputes WHERE payment_id = payment.id AND state <> 'won';
    IF payment.captured_minor <> booked OR payment.refunded_minor <> requested
       OR payment.disputed_minor <> least(booked - requested, disputed) THEN
        RAISE EXCEPTION 'payment % has captured %, refunded %, disputed %; booked are %, %, %', payment.id,
            payment.captured_minor, payment.refunded_minor, payment.disputed_minor, booked, requested,
            least(booked - requested, disputed)
            USING ERRCODE = 'PL007';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_sums AFTER UPDATE OF captured_minor, refunded_minor, disputed_minor
    ON {schema}.payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.check_payment_sums();

CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE ON {schema}.transactions
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER transactions_no_truncate BEFORE TRUNCATE ON {schema}.transactions
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE ON {schema}.postings
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER postings_no_truncate BEFORE TRUNCATE ON {schema}.postings
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER transactions_stamp BEFORE INSERT ON {schema}.transactions
    FOR EACH ROW EXECUTE FUNCTION {schema}.stamp_transaction();
CREATE TRIGGER postings_same_transaction BEFORE INSERT ON {schema}.postings
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_closed_transaction();
CREATE CONSTRAINT TRIGGER transactions_balanced AFTER INSERT ON {schema}.transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.check_balanced();
CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON {schema}.postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.check_balanced();

-- The months whose tables stand in the schema of the archive, with numbers from first_id to before end_id. Of the
-- transactions up to keys_through the keys are free again.
CREATE TABLE {schema}.archived_months (
    first_id bigint PRIMARY KEY,
    end_id bigint NOT NULL,
    suffix text NOT NULL,
    transactions bigint NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    keys_through bigint NOT NULL,
    CONSTRAINT archived_months_order CHECK (first_id < end_id)
);
-- The sum of each account's postings in the archive.
CREATE TABLE {schema}.archived_sums (
    account_id bigint PRIMARY KEY REFERENCES {schema}.accounts (id),
    amount_minor bigint NOT NULL
);
-- Accounts at zero that only archived postings name.
CREATE TABLE {schema}_archive.accounts (
    id bigint PRIMARY KEY,
    code text NOT NULL,
    currency text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX accounts_code ON {schema}_archive.accounts (code);
