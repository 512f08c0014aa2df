-- Package: kernel.
-- Make the partitions of this month and the next ones of a table where there are none, and one for all that is older; return
-- how many were made. What was stored while its month had none becomes that month's partition without moving a row. Whoever
-- writes may call it: it makes nothing but empty partitions of the near future, and locks the table only for that.
CREATE OR REPLACE FUNCTION make_month_partitions(p_table text, p_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '4s' AS $$
DECLARE
    this_month date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
    one record;
    late text := p_table || '_late';
    part text;
    first_late text;
    last_late text;
    covered text;
    last_bound text;
    wanted date;
    made integer := 0;
BEGIN
    SELECT * INTO STRICT one FROM list_month_tables() WHERE name = p_table;
    IF p_ahead NOT BETWEEN 0 AND 12 THEN
        RAISE EXCEPTION 'months are made at most a year ahead, not %', p_ahead;
    END IF;
    PERFORM pg_advisory_xact_lock(7032, 0);
    -- Less than the time after which PostgreSQL looks for a deadlock: this gives way to whoever writes, and is called again.
    PERFORM set_config('lock_timeout', '900ms', true);
    EXECUTE format('SELECT (SELECT %1$I FROM %2$I ORDER BY %1$I LIMIT 1)::text,'
                   ' (SELECT %1$I FROM %2$I ORDER BY %1$I DESC LIMIT 1)::text', one.key, late)
       INTO first_late, last_late;
    IF first_late IS NOT NULL THEN
        part := p_table || to_char(get_bound_month(one.kind, first_late), '_YYMM');
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', p_table, late);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', late, part);
        first_late := get_month_bound(one.kind, get_bound_month(one.kind, first_late));
        SELECT max(lpad(end_bound, 40, '0')), (array_agg(end_bound ORDER BY lpad(end_bound, 40, '0') DESC))[1]
          INTO covered, last_bound FROM list_month_partitions(p_table);
        -- It begins where the others end, so that no month is left out between them.
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%L)', p_table, part,
                       CASE WHEN covered IS NULL THEN 'MINVALUE'
                            WHEN lpad(first_late, 40, '0') >= covered THEN quote_literal(last_bound)
                            ELSE quote_literal(first_late) END,
                       get_month_bound(one.kind, (get_bound_month(one.kind, last_late) + interval '1 month')::date));
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', late, p_table);
        PERFORM guard_month_partition(p_table, late);
        made := 1;
    END IF;
    FOR n IN -1..p_ahead LOOP
        wanted := (this_month + n * interval '1 month')::date;
        SELECT max(lpad(end_bound, 40, '0')) INTO covered FROM list_month_partitions(p_table);
        CONTINUE WHEN lpad(get_month_bound(one.kind, wanted), 40, '0') < covered;
        CONTINUE WHEN n < 0 AND covered IS NOT NULL;
        part := p_table || CASE WHEN n < 0 THEN '_before' ELSE to_char(wanted, '_YYMM') END;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%L)', part, p_table,
                       CASE WHEN n < 0 THEN 'MINVALUE' ELSE quote_literal(get_month_bound(one.kind, wanted)) END,
                       get_month_bound(one.kind, (wanted + interval '1 month')::date));
        PERFORM guard_month_partition(p_table, part);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION make_month_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_month_partitions TO market_app;
