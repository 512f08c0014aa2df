-- Package: kernel.
-- The partitions of a table by month with their bounds, oldest first, without that of late rows. The first has no lower bound.
CREATE OR REPLACE FUNCTION list_month_partitions(p_table text)
RETURNS TABLE (partition text, first_bound text, end_bound text)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT relname::text, substring(bounds FROM $r$FROM \('([^']+)'\)$r$),
           substring(bounds FROM $r$TO \('([^']+)'\)$r$) AS end_bound
      FROM pg_inherits
      JOIN pg_class ON pg_class.oid = inhrelid
     CROSS JOIN LATERAL pg_get_expr(relpartbound, pg_class.oid) AS bounds
     WHERE inhparent = to_regclass(p_table) AND bounds <> 'DEFAULT'
     ORDER BY lpad(substring(bounds FROM $r$TO \('([^']+)'\)$r$), 40, '0')
$$;
