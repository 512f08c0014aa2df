-- Package: invoices.
-- Erase the title, the tax number and the e-mail address of the invoices of an account, or, without an account, of those that
-- nobody touched since `p_before`, or of an order that ended unpaid since `p_unpaid_before`, at most `p_most`; return how many.
-- Numbers and sums stay. The worker ends what cannot be issued any more.
CREATE OR REPLACE FUNCTION erase_invoice_details(p_account uuid, p_before timestamptz, p_unpaid_before timestamptz,
                                                 p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    due    uuid[];
    erased integer;
BEGIN
    IF p_account IS NOT NULL THEN
        due := ARRAY(SELECT suborder_id FROM invoice_requests WHERE buyer_id = p_account AND title_sealed IS NOT NULL);
    ELSE
        due := ARRAY(SELECT suborder_id FROM invoice_requests
                      WHERE title_sealed IS NOT NULL AND touched_at < p_before
                      ORDER BY touched_at LIMIT p_most);
        IF cardinality(due) < p_most THEN
            due := due || ARRAY(SELECT r.suborder_id
                                  FROM invoice_requests r
                                  JOIN suborders s ON s.id = r.suborder_id
                                  JOIN orders o ON o.id = s.order_id
                                 WHERE r.title_sealed IS NOT NULL AND NOT r.paid
                                   AND r.touched_at >= p_before AND r.touched_at < p_unpaid_before
                                   AND o.paid_at IS NULL AND o.state IN ('expired', 'cancelled')
                                 ORDER BY r.touched_at LIMIT p_most - cardinality(due));
        END IF;
    END IF;
    UPDATE invoice_requests
       SET title_sealed = NULL, tax_number_sealed = NULL, email_sealed = NULL, wanted = false, correcting = false,
           changed = true
     WHERE suborder_id = ANY(due);
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END
$$;
REVOKE ALL ON FUNCTION erase_invoice_details FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_invoice_details TO market_app;
