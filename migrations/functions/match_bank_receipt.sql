-- Package: procurement.
-- Match a confirmed transfer with the purchase of its payer's code: alone if it is exactly what was invoiced, else with the other
-- confirmed ones that wait for that purchase if they add up to it; else note the problem. What waits for a paid purchase is to be sent back. Returns the
-- order that is paid now. The caller has locked the order. What counts is posted to the year of the order.
CREATE OR REPLACE FUNCTION match_bank_receipt(p_receipt uuid, p_at timestamptz)
RETURNS TABLE (order_id uuid, number bigint, fen bigint, producer_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    receipt bank_receipts;
    bought  procurements;
    paying  uuid[];
    trouble text;
BEGIN
    SELECT * INTO receipt FROM bank_receipts WHERE id = p_receipt AND order_id IS NULL AND closed_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO bought FROM procurements WHERE payer_code = receipt.payer_code FOR UPDATE;
    SELECT CASE WHEN receipt.fen = bought.accepted_fen THEN ARRAY[receipt.id]
                WHEN sum(b.fen) = bought.accepted_fen THEN array_agg(b.id) END
      INTO paying
      FROM bank_receipts b
     WHERE b.payer_code = receipt.payer_code AND b.order_id IS NULL AND b.closed_at IS NULL AND b.confirmed_at IS NOT NULL;
    trouble := CASE WHEN receipt.confirmed_at IS NULL THEN 'unconfirmed'
                  WHEN bought.order_id IS NULL OR bought.ended_at IS NOT NULL THEN 'unknown_code'
                  WHEN bought.paid_at IS NOT NULL THEN 'paid_before'
                  WHEN bought.invoiced_at IS NULL THEN 'not_invoiced'
                  WHEN paying IS NULL THEN 'wrong_amount' END;
    IF trouble IS NOT NULL THEN
        UPDATE bank_receipts SET problem = trouble WHERE id = p_receipt;
        RETURN;
    END IF;
    UPDATE bank_receipts SET order_id = bought.order_id, matched_at = p_at, problem = NULL WHERE id = ANY (paying);
    UPDATE bank_receipts b SET problem = 'paid_before'
     WHERE b.payer_code = receipt.payer_code AND b.order_id IS NULL AND b.closed_at IS NULL AND b.confirmed_at IS NOT NULL;
    UPDATE procurements SET paid_at = p_at WHERE order_id = bought.order_id;
    INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_id, at)
    SELECT bought.organisation_id, bought.year, bought.list, 'spent', bought.accepted_fen, bought.order_id, p_at
     WHERE bought.list IS NOT NULL;
    RETURN QUERY SELECT o.id, o.number, bought.accepted_fen, bought.producer_id FROM orders o WHERE o.id = bought.order_id;
END
$$;
REVOKE ALL ON FUNCTION match_bank_receipt FROM PUBLIC;
GRANT EXECUTE ON FUNCTION match_bank_receipt TO market_app;
