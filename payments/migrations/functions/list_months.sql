-- The partitions of the ledger with the numbers of their transactions, oldest first; without that of what is late.
CREATE OR REPLACE FUNCTION {schema}.list_months() RETURNS TABLE (suffix text, first_id bigint, end_id bigint)
    LANGUAGE sql STABLE SET search_path = {schema}, pg_temp AS $$
    SELECT split_part(relname, '_', 2), coalesce(substring(bounds FROM $r$FROM \('(\d+)'\)$r$)::bigint, 0),
           substring(bounds FROM $r$TO \('(\d+)'\)$r$)::bigint AS end_id
      FROM pg_inherits
      JOIN pg_class ON pg_class.oid = inhrelid
     CROSS JOIN LATERAL pg_get_expr(relpartbound, pg_class.oid) AS bounds
     WHERE inhparent = 'transactions'::regclass AND bounds <> 'DEFAULT'
     ORDER BY end_id
$$;
