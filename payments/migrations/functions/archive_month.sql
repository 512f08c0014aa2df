-- Detach the oldest month if it ended at least p_kept months ago, all of it is in checkpoints and nothing of it is still
-- in suspense, and put it into the schema of the archive, where it stays readable and never changes; return how its
-- tables' names end, or NULL. Balances stay what they are.
CREATE OR REPLACE FUNCTION {schema}.archive_month(p_kept integer) RETURNS text
    LANGUAGE plpgsql SET search_path = {schema}, pg_temp SET lock_timeout = '4s' AS $$
DECLARE
    ended date := (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') - p_kept * interval '1 month')::date;
    month record;
    parent text;
    part text;
    last_id bigint;
    last_posted timestamptz;
    posted bigint;
    suspended boolean;
BEGIN
    IF p_kept < 60 THEN
        RAISE EXCEPTION 'the ledger keeps at least 60 months, not %', p_kept;
    END IF;
    PERFORM pg_advisory_xact_lock(7031, 0);
    PERFORM set_config('lock_timeout', '900ms', true);
    SELECT * INTO month FROM list_months() LIMIT 1;
    IF month IS NULL OR month.end_id > get_first_number(ended) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT count(*), max(id), max(posted_at) FROM %I', 'transactions_' || month.suffix)
       INTO posted, last_id, last_posted;
    IF (month.first_id = 0 AND last_posted >= ended) OR last_id > (SELECT coalesce(max(through_id), 0) FROM checkpoints) THEN
        RETURN NULL;
    END IF;
    -- What returns it reads where it came from.
    EXECUTE format('SELECT EXISTS (SELECT FROM accounts JOIN balances ON account_id = accounts.id'
                   '                WHERE kind = ''suspense'' AND amount_minor <> 0'
                   '                  AND EXISTS (SELECT FROM %I AS old WHERE old.account_id = accounts.id))',
                   'postings_' || month.suffix) INTO suspended;
    IF suspended THEN
        RETURN NULL;
    END IF;
    EXECUTE format('INSERT INTO archived_sums (account_id, amount_minor)'
                   ' SELECT account_id, sum(amount_minor) FROM %I GROUP BY account_id'
                   ' ON CONFLICT (account_id) DO UPDATE'
                   '    SET amount_minor = archived_sums.amount_minor + excluded.amount_minor',
                   'postings_' || month.suffix);
    FOREACH parent IN ARRAY ARRAY['postings', 'transactions'] LOOP
        part := parent || '_' || month.suffix;
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS postings_account_id_fkey', part);
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW'
                       ' EXECUTE FUNCTION refuse_change()', parent || '_append_only', part);
        EXECUTE format('ALTER TABLE %I SET SCHEMA {schema}_archive', part);
    END LOOP;
    INSERT INTO archived_months (first_id, end_id, suffix, transactions, keys_through)
    VALUES (month.first_id, month.end_id, month.suffix, posted, month.first_id - 1);
    RETURN month.suffix;
END $$;
REVOKE ALL ON FUNCTION {schema}.archive_month FROM PUBLIC;
