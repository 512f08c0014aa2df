-- Make a partition of this month and the next ones, where there is none; return how many were made. What was posted
-- while its month had none becomes that month's partition without moving a row. Whoever posts may call it: it makes
-- nothing but empty partitions of the near future.
CREATE OR REPLACE FUNCTION {schema}.make_months(p_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '4s' AS $$
DECLARE
    this_month date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
    parent text;
    part text;
    wanted date;
    first_late bigint;
    last_late bigint;
    made integer := 0;
BEGIN
    IF p_ahead NOT BETWEEN 0 AND 12 THEN
        RAISE EXCEPTION 'months are made at most a year ahead, not %', p_ahead;
    END IF;
    PERFORM pg_advisory_xact_lock(7031, 0);
    -- Less than the time after which PostgreSQL looks for a deadlock: this gives way to whoever posts, and is called again.
    PERFORM set_config('lock_timeout', '900ms', true);
    SELECT min(id), max(id) INTO first_late, last_late FROM transactions_late;
    IF first_late IS NOT NULL THEN
        FOREACH parent IN ARRAY ARRAY['transactions', 'postings'] LOOP
            part := format('%s_%s', parent, lpad((first_late / 1000000000000)::text, 4, '0'));
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, parent || '_late');
            EXECUTE format('ALTER TABLE %I RENAME TO %I', parent || '_late', part);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
                           first_late / 1000000000000 * 1000000000000,
                           get_first_number((to_date(lpad((last_late / 1000000000000)::text, 4, '0'), 'YYMM')
                                             + interval '1 month')::date));
            EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_late', parent);
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                           parent || '_no_truncate', parent || '_late');
        END LOOP;
    END IF;
    FOR n IN 0..p_ahead LOOP
        wanted := (this_month + n * interval '1 month')::date;
        CONTINUE WHEN EXISTS (SELECT FROM list_months() AS months
                               WHERE get_first_number(wanted) >= months.first_id
                                 AND get_first_number(wanted) < months.end_id);
        FOREACH parent IN ARRAY ARRAY['transactions', 'postings'] LOOP
            part := parent || to_char(wanted, '_YYMM');
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                           get_first_number(wanted), get_first_number((wanted + interval '1 month')::date));
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                           parent || '_no_truncate', part);
        END LOOP;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION {schema}.make_months FROM PUBLIC;
