-- Package: procurement.
-- Confirm a transfer that waits, as another person than who recorded it. Returns whether it did. The caller has locked the order of
-- its payer's code.
CREATE OR REPLACE FUNCTION confirm_bank_receipt(p_receipt uuid, p_by uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE bank_receipts SET confirmed_by = p_by, confirmed_at = p_at
     WHERE id = p_receipt AND order_id IS NULL AND closed_at IS NULL AND confirmed_at IS NULL
       AND NOT is_same_person(recorded_by, p_by);
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION confirm_bank_receipt FROM PUBLIC;
GRANT EXECUTE ON FUNCTION confirm_bank_receipt TO market_app;
