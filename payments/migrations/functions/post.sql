-- Post a transaction; this is the only way to write to the ledger. Idempotent by key; creates accounts on first use,
-- with their first sum as the balance; locks the other balance rows in the order of account ids.
CREATE OR REPLACE FUNCTION {schema}.post(
    p_key text, p_kind text, p_order text, p_at timestamptz, p_currency text, p_codes text[], p_amounts bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    posted bigint;
    refused text;
    legs integer;
    opened bigint[];
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

    WITH delta AS (
        SELECT leg_code, sum(leg_minor)::bigint AS minor FROM unnest(p_codes, p_amounts) AS legs (leg_code, leg_minor)
         GROUP BY leg_code
    ), added AS (
        INSERT INTO accounts (code, kind, currency, floor_minor, keep_balance)
        SELECT leg_code, kind, p_currency, floor_minor, keep_balance
          FROM delta
          JOIN account_kinds ON kind = split_part(leg_code, ':', 1)
         WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = leg_code AND currency = p_currency)
         ORDER BY leg_code
        ON CONFLICT (code, currency) DO NOTHING
        RETURNING id, code, floor_minor, keep_balance
    ), kept AS (
        INSERT INTO balances (account_id, amount_minor, floor_minor)
        SELECT id, minor, floor_minor FROM added JOIN delta ON leg_code = code
         WHERE keep_balance AND (floor_minor IS NULL OR minor >= floor_minor)
    )
    SELECT coalesce(array_agg(id), '{}'), min(code) FILTER (WHERE minor < floor_minor)
      INTO opened, refused
      FROM added JOIN delta ON leg_code = code;

    INSERT INTO postings (transaction_id, seq, account_id, amount_minor)
    SELECT posted, number, accounts.id, leg_minor
      FROM unnest(p_codes, p_amounts) WITH ORDINALITY AS legs (leg_code, leg_minor, number)
      JOIN accounts ON code = leg_code AND currency = p_currency;
    GET DIAGNOSTICS legs = ROW_COUNT;
    IF legs <> cardinality(p_codes) THEN
        SELECT leg_code INTO refused
          FROM unnest(p_codes) AS leg_code
         WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = leg_code AND currency = p_currency)
         LIMIT 1;
        RAISE EXCEPTION 'account % is not of a known kind', refused USING ERRCODE = 'PL002', DETAIL = refused;
    END IF;

    PERFORM 1
       FROM balances
      WHERE account_id IN (SELECT id FROM accounts WHERE code = ANY(p_codes) AND currency = p_currency)
        AND account_id <> ALL(opened)
      ORDER BY account_id
        FOR NO KEY UPDATE;
    IF FOUND THEN
        SELECT least(refused, min(code)) INTO refused
          FROM (SELECT leg_code, sum(leg_minor) AS minor
                  FROM unnest(p_codes, p_amounts) AS legs (leg_code, leg_minor) GROUP BY leg_code) AS delta
          JOIN accounts ON code = leg_code AND currency = p_currency
          JOIN balances ON account_id = accounts.id
         WHERE account_id <> ALL(opened) AND amount_minor + minor < balances.floor_minor;
        IF refused IS NULL THEN
            UPDATE balances SET amount_minor = amount_minor + minor
              FROM (SELECT leg_code, sum(leg_minor) AS minor
                      FROM unnest(p_codes, p_amounts) AS legs (leg_code, leg_minor) GROUP BY leg_code) AS delta
              JOIN accounts ON code = leg_code AND currency = p_currency
             WHERE account_id = accounts.id AND account_id <> ALL(opened);
        END IF;
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % would fall below its floor', refused USING ERRCODE = 'PL003', DETAIL = refused;
    END IF;
    RETURN posted;
END $$;
REVOKE ALL ON FUNCTION {schema}.post FROM PUBLIC;
