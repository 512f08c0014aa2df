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
REVOKE ALL ON FUNCTION {schema}.free_archived FROM PUBLIC;
