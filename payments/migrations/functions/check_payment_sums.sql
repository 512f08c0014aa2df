-- What a payment took, gave back and lost is what was booked for it, whoever writes these columns: checked at commit.
-- The sums of `verify_ledger`, for one payment.
CREATE OR REPLACE FUNCTION {schema}.check_payment_sums() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
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
