-- Package: procurement.
-- Return the invoice of the unpaid purchase with a payer's code, null if none waits for its transfer.
CREATE OR REPLACE FUNCTION get_waiting_invoice(p_payer_code text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT accepted_fen FROM procurements WHERE payer_code = p_payer_code AND invoiced_at IS NOT NULL AND paid_at IS NULL
$$;
REVOKE ALL ON FUNCTION get_waiting_invoice FROM PUBLIC;
GRANT EXECUTE ON FUNCTION get_waiting_invoice TO market_app;
