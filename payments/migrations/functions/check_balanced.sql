-- Checked at commit, on both tables: on transactions to find those without postings, on postings because further legs
-- could otherwise follow the check after SET CONSTRAINTS ALL IMMEDIATE.
CREATE OR REPLACE FUNCTION {schema}.check_balanced() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
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
