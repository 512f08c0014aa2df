-- Post a transaction; this is the only way to write to the ledger. Idempotent by key; creates accounts on first use;
-- locks balance rows in the order of account ids.
CREATE FUNCTION {schema}.post(
    p_key text, p_kind text, p_order text, p_at timestamptz, p_currency text, p_codes text[], p_amounts bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    posted bigint;
    refused text;
BEGIN
    INSERT INTO transaction_keys (key, transaction_id, order_ref)
    VALUES (p_key, make_number(), p_order)
    ON CONFLICT (key) DO NOTHING
    RETURNING transaction_id INTO posted;
    IF posted IS NULL THEN
        SELECT id INTO posted
          FROM transactions
         WHERE id = (SELECT transaction_id FROM transaction_keys WHERE key = p_key)
           AND kind = p_kind AND order_ref IS NOT DISTINCT FROM p_order
           AND NOT EXISTS (
               SELECT account, currency, sum(minor)
                 FROM (SELECT code AS account, accounts.currency, amount_minor AS minor
                         FROM postings JOIN accounts ON accounts.id = account_id
                        WHERE transaction_id = transactions.id
                       UNION ALL
                       SELECT leg_code, p_currency, -leg_minor
                         FROM unnest(p_codes, p_amounts) AS legs (leg_code, leg_minor)) AS both_sides
                GROUP BY account, currency HAVING sum(minor) <> 0);
        IF posted IS NULL THEN
            RAISE EXCEPTION 'key % belongs to another transaction', p_key USING ERRCODE = 'PL001', DETAIL = p_key;
        END IF;
        RETURN posted;
    END IF;
    INSERT INTO transactions (id, key, kind, order_ref, at) VALUES (posted, p_key, p_kind, p_order, p_at);

    WITH added AS (
        INSERT INTO accounts (code, kind, currency, floor_minor, keep_balance)
        SELECT new_code, kind, p_currency, floor_minor, keep_balance
          FROM (SELECT DISTINCT unnest(p_codes) AS new_code) AS codes
          JOIN account_kinds ON kind = split_part(new_code, ':', 1)
         WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = new_code AND currency = p_currency)
         ORDER BY new_code
        ON CONFLICT (code, currency) DO NOTHING
        RETURNING id, floor_minor, keep_balance
    )
    INSERT INTO balances (account_id, floor_minor)
    SELECT id, floor_minor FROM added WHERE keep_balance;

    INSERT INTO postings (transaction_id, seq, account_id, amount_minor)
    SELECT posted, number, accounts.id, leg_minor
      FROM unnest(p_codes, p_amounts) WITH ORDINALITY AS legs (leg_code, leg_minor, number)
      JOIN accounts ON code = leg_code AND currency = p_currency;

    SELECT leg_code INTO refused
      FROM unnest(p_codes) AS leg_code
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = leg_code AND currency = p_currency)
     LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % is not of a known kind', refused USING ERRCODE = 'PL002', DETAIL = refused;
    END IF;

    PERFORM 1
       FROM balances
      WHERE account_id IN (SELECT account_id FROM postings WHERE transaction_id = posted)
      ORDER BY account_id
        FOR NO KEY UPDATE;

    SELECT code INTO refused
      FROM (SELECT account_id, sum(amount_minor) AS delta
              FROM postings WHERE transaction_id = posted GROUP BY account_id) AS deltas
      JOIN balances USING (account_id)
      JOIN accounts ON accounts.id = account_id
     WHERE balances.amount_minor + delta < balances.floor_minor
     ORDER BY code LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % would fall below its floor', refused USING ERRCODE = 'PL003', DETAIL = refused;
    END IF;

    UPDATE balances
       SET amount_minor = balances.amount_minor + delta
      FROM (SELECT account_id, sum(amount_minor) AS delta
              FROM postings WHERE transaction_id = posted GROUP BY account_id) AS deltas
     WHERE balances.account_id = deltas.account_id;
    RETURN posted;
END $$;
REVOKE ALL ON FUNCTION {schema}.post(text, text, text, timestamptz, text, text[], bigint[]) FROM PUBLIC;
