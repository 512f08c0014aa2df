-- Make a partition of this month and the next ones, where there is none; return how many were made. What was posted
-- while its month had none becomes that month's partition without moving a row. Whoever posts may call it: it makes
-- nothing but empty partitions of the near future.
CREATE OR REPLACE FUNCTION {schema}.make_months(p_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '4s' AS $$
DECLARE
    this_month date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
    parent text;
    part text;
    wanted date;
    first_late bigint;
    last_late bigint;
    made integer := 0;
BEGIN
    IF p_ahead NOT BETWEEN 0 AND 12 THEN
        RAISE EXCEPTION 'months are made at most a year ahead, not %', p_ahead;
    END IF;
    PERFORM pg_advisory_xact_lock(7031, 0);
    -- Less than the time after which PostgreSQL looks for a deadlock: this gives way to whoever posts, and is called again.
    PERFORM set_config('lock_timeout', '900ms', true);
    SELECT min(id), max(id) INTO first_late, last_late FROM transactions_late;
    IF first_late IS NOT NULL THEN
        FOREACH parent IN ARRAY ARRAY['transactions', 'postings'] LOOP
            part := format('%s_%s', parent, lpad((first_late / 1000000000000)::text, 4, '0'));
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, parent || '_late');
            EXECUTE format('ALTER TABLE %I RENAME TO %I', parent || '_late', part);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
                           first_late / 1000000000000 * 1000000000000,
                           get_first_number((to_date(lpad((last_late / 1000000000000)::text, 4, '0'), 'YYMM')
                                             + interval '1 month')::date));
            EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_late', parent);
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                           parent || '_no_truncate', parent || '_late');
        END LOOP;
    END IF;
    FOR n IN 0..p_ahead LOOP
        wanted := (this_month + n * interval '1 month')::date;
        CONTINUE WHEN EXISTS (SELECT FROM list_months() AS months
                               WHERE get_first_number(wanted) >= months.first_id
                                 AND get_first_number(wanted) < months.end_id);
        FOREACH parent IN ARRAY ARRAY['transactions', 'postings'] LOOP
            part := parent || to_char(wanted, '_YYMM');
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                           get_first_number(wanted), get_first_number((wanted + interval '1 month')::date));
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                           parent || '_no_truncate', part);
        END LOOP;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION {schema}.make_months(integer) FROM PUBLIC;

-- The partitions of the ledger with the numbers of their transactions, oldest first; without that of what is late.
CREATE OR REPLACE FUNCTION {schema}.list_months() RETURNS TABLE (suffix text, first_id bigint, end_id bigint)
    LANGUAGE sql STABLE SET search_path = {schema}, pg_temp AS $$
    SELECT split_part(relname, '_', 2), coalesce(substring(bounds FROM $r$FROM \('(\d+)'\)$r$)::bigint, 0),
           substring(bounds FROM $r$TO \('(\d+)'\)$r$)::bigint AS end_id
      FROM pg_inherits
      JOIN pg_class ON pg_class.oid = inhrelid
     CROSS JOIN LATERAL pg_get_expr(relpartbound, pg_class.oid) AS bounds
     WHERE inhparent = 'transactions'::regclass AND bounds <> 'DEFAULT'
     ORDER BY end_id
$$;

-- The hash of the sums per account of the transactions after one and up to another, which are of one month; of a month
-- in the archive from there.
CREATE OR REPLACE FUNCTION {schema}.hash_sums(p_after bigint, p_through bigint) RETURNS bytea
    LANGUAGE plpgsql STABLE SET search_path = {schema}, pg_temp AS $$
DECLARE
    place text;
    hash bytea;
BEGIN
    SELECT '{schema}_archive.' || quote_ident('postings_' || suffix) INTO place
      FROM archived_months WHERE p_through >= first_id AND p_through < end_id;
    IF place IS NOT NULL AND to_regclass(place) IS NULL THEN
        RETURN '';
    END IF;
    EXECUTE format(
        'SELECT sha256(convert_to(coalesce(string_agg(account_id || '' '' || total, E''\n'' ORDER BY account_id), ''''),'
        '                         ''UTF8''))'
        '  FROM (SELECT account_id, sum(amount_minor) AS total FROM %s'
        '         WHERE transaction_id > $1 AND transaction_id <= $2 GROUP BY account_id) AS sums',
        coalesce(place, '{schema}.postings')) INTO hash USING p_after, p_through;
    RETURN hash;
END $$;

-- Close up to 50,000 transactions of one month that were posted at least an hour ago, which no open database
-- transaction can still add to; return the last one, or NULL if there is none.
CREATE OR REPLACE FUNCTION {schema}.add_checkpoint() RETURNS bigint
    LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    before bigint;
    last bigint;
BEGIN
    LOCK TABLE checkpoints IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(through_id), 0) INTO before FROM checkpoints;
    SELECT max(id) FILTER (WHERE id / 1000000000000 = first / 1000000000000) INTO last
      FROM (SELECT id, min(id) OVER () AS first
              FROM (SELECT id
                      FROM transactions
                     WHERE id > before AND posted_at < clock_timestamp() - interval '1 hour'
                     ORDER BY id LIMIT 50000) AS closed) AS numbered;
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
REVOKE ALL ON FUNCTION {schema}.archive_month(integer) FROM PUBLIC;

-- Free the keys of at most p_limit archived transactions, and move at most as many accounts to the archive that are at
-- zero and that no posting outside it names; return how many rows that was. A key that a discrepancy names stays.
CREATE OR REPLACE FUNCTION {schema}.free_archived(p_limit integer) RETURNS integer
    LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    month archived_months;
    last bigint;
    freed integer := 0;
    moved bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(7031, 0);
    SELECT * INTO month FROM archived_months WHERE keys_through < end_id - 1 ORDER BY first_id LIMIT 1;
    IF FOUND THEN
        EXECUTE format('WITH chosen AS (SELECT id, key FROM {schema}_archive.%I WHERE id > $1 ORDER BY id LIMIT $2),'
                       ' gone AS (DELETE FROM transaction_keys USING chosen WHERE transaction_keys.key = chosen.key'
                       '             AND NOT EXISTS (SELECT FROM discrepancies WHERE closed_by = chosen.key))'
                       ' SELECT count(*), max(id) FROM chosen', 'transactions_' || month.suffix)
           INTO freed, last USING month.keys_through, p_limit;
        UPDATE archived_months SET keys_through = coalesce(last, end_id - 1) WHERE first_id = month.first_id;
    END IF;
    SELECT array_agg(account_id) INTO moved
      FROM (SELECT account_id
              FROM archived_sums
             WHERE amount_minor = 0
               AND NOT EXISTS (SELECT FROM postings WHERE postings.account_id = archived_sums.account_id)
             LIMIT p_limit) AS unused;
    DELETE FROM archived_sums WHERE account_id = ANY(moved);
    DELETE FROM checkpoint_sums WHERE account_id = ANY(moved);
    DELETE FROM balances WHERE account_id = ANY(moved);
    WITH gone AS (DELETE FROM accounts WHERE id = ANY(moved) RETURNING id, code, currency)
    INSERT INTO {schema}_archive.accounts (id, code, currency) SELECT id, code, currency FROM gone;
    RETURN freed + coalesce(cardinality(moved), 0);
END $$;
REVOKE ALL ON FUNCTION {schema}.free_archived(integer) FROM PUBLIC;
