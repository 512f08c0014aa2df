-- Package: orders.
-- Check at commit that two people found the bank transfer by which a refund was paid, under the number that is its reason.
CREATE OR REPLACE FUNCTION check_bank_refund() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM payments.transaction_keys
                 JOIN payments.postings USING (transaction_id)
                 JOIN payments.accounts ON accounts.id = account_id
                WHERE key = 'refunded:' || NEW.id || ':' || NEW.attempt AND code = 'clearing:bank')
       AND NOT EXISTS (SELECT FROM payments.payments
                         JOIN orders ON number = CASE WHEN order_ref ~ '^[0-9]{1,18}$' THEN order_ref::bigint END
                        WHERE payments.id = NEW.payment_id AND is_found_by_two(orders.id, NEW.id, NEW.reason)) THEN
        RAISE EXCEPTION 'the bank transfer of refund % was not found by two people', NEW.id USING ERRCODE = 'P0265';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_bank_refund FROM PUBLIC;
