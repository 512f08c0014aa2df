-- Package: procurement.
-- Close a transfer that paid nothing: sent back on a day under the bank's number of that, or recorded by mistake. Returns whether it
-- waited. The caller has locked the order of its payer's code.
CREATE OR REPLACE FUNCTION close_bank_receipt(
    p_receipt uuid, p_as text, p_note text, p_returned_on date, p_by uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE bank_receipts
       SET closed_as = p_as, closed_note = p_note, returned_on = p_returned_on, closed_by = p_by, closed_at = p_at
     WHERE id = p_receipt AND order_id IS NULL AND closed_at IS NULL;
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION close_bank_receipt FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_bank_receipt TO market_app;
