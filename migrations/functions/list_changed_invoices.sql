-- Package: invoices.
-- Return the requests of all counties whose sums changed since the worker looked; it acts on each in a transaction of its county.
CREATE OR REPLACE FUNCTION list_changed_invoices(p_most integer) RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT suborder_id, r.county_code
      FROM invoice_requests r
     WHERE changed
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'update_invoice' AND item = suborder_id AND next_at > clock_timestamp())
     ORDER BY suborder_id
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_changed_invoices FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_changed_invoices TO market_app;
