-- Package: orders.
-- Check that two people found a bank transfer before it pays an order: they recorded it under one number, or of a public unit's
-- purchase one recorded and another confirmed it.
CREATE OR REPLACE FUNCTION check_bank_payment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    paid orders;
BEGIN
    SELECT * INTO paid FROM orders WHERE number = CASE WHEN NEW.order_ref ~ '^[0-9]{1,18}$' THEN NEW.order_ref::bigint END;
    IF (CASE WHEN paid.terms = 'contract'
             THEN EXISTS (SELECT FROM bank_receipts WHERE order_id = paid.id AND confirmed_at IS NOT NULL)
             ELSE is_found_by_two(paid.id, NULL, substr(NEW.provider_ref, length('bank:') + 1)) END) IS NOT TRUE THEN
        RAISE EXCEPTION 'the bank transfer of order % was not found by two people', NEW.order_ref USING ERRCODE = 'P0265';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_bank_payment FROM PUBLIC;
