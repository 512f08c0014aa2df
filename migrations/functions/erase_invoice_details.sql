-- Package: invoices.
-- Erase the title, the tax number and the e-mail address of the invoices of an account, or, without an account, of those that
-- nobody touched since `p_before`, or of an order that ended unpaid since `p_unpaid_before`, at most `p_most`; return how many. Numbers and sums stay. The worker ends what cannot be issued
-- any more.
CREATE OR REPLACE FUNCTION erase_invoice_details(p_account uuid, p_before timestamptz, p_unpaid_before timestamptz,
                                                 p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH erased AS (
        UPDATE invoice_requests
           SET title_sealed = NULL, tax_number_sealed = NULL, email_sealed = NULL, wanted = false, correcting = false,
               changed = true
         WHERE suborder_id IN (SELECT suborder_id FROM invoice_requests
                                WHERE title_sealed IS NOT NULL
                                  AND CASE WHEN p_account IS NOT NULL THEN buyer_id = p_account
                                           WHEN touched_at < p_before THEN true
                                           ELSE touched_at < p_unpaid_before
                                                AND EXISTS (SELECT FROM suborders s JOIN orders o ON o.id = s.order_id
                                                             WHERE s.id = suborder_id AND o.paid_at IS NULL
                                                               AND o.state IN ('expired', 'cancelled')) END
                                ORDER BY suborder_id LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM erased
$$;
REVOKE ALL ON FUNCTION erase_invoice_details FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_invoice_details TO market_app;
