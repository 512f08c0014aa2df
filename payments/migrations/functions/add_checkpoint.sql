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
REVOKE ALL ON FUNCTION {schema}.add_checkpoint FROM PUBLIC;
