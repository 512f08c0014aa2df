-- Package: kernel.
-- How many rows, of each table by month at most p_most, wait for the partition of their month: those of the ledger too.
CREATE OR REPLACE FUNCTION count_late_rows(p_most integer) RETURNS TABLE (name text, late_rows bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    FOR name IN SELECT each.name || '_late' FROM list_month_tables() AS each
                 UNION ALL SELECT 'payments.transactions_late' LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT $1) AS late', name::regclass) INTO late_rows USING p_most;
        RETURN NEXT;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION count_late_rows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_late_rows TO market_app;
