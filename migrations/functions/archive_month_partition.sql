-- Package: kernel.
-- Detach the oldest partition of a table if its months ended as long ago as the table keeps them, and put it into the schema of
-- the archive, where it stays readable and never changes; return its name there, or NULL. Only the owner may.
CREATE OR REPLACE FUNCTION archive_month_partition(p_table text) RETURNS text
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '4s' AS $$
DECLARE
    one record;
    oldest record;
    kept_from text;
    archived text;
BEGIN
    SELECT * INTO STRICT one FROM list_month_tables() WHERE name = p_table;
    PERFORM pg_advisory_xact_lock(7032, 0);
    PERFORM set_config('lock_timeout', '900ms', true);
    kept_from := get_month_bound(one.kind, (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')
                                            - one.kept * interval '1 month')::date);
    SELECT * INTO oldest FROM list_month_partitions(p_table) LIMIT 1;
    IF oldest IS NULL OR lpad(oldest.end_bound, 40, '0') > lpad(kept_from, 40, '0') THEN
        RETURN NULL;
    END IF;
    -- A second one of the same months holds what came after the first was archived.
    archived := oldest.partition || coalesce('_' || nullif((SELECT count(*) FROM archived_partitions
        WHERE partition ~ ('^' || oldest.partition || '(_[0-9]+)?$')), 0), '');
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', p_table, oldest.partition);
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR DELETE OR UPDATE ON %I FOR EACH ROW'
                   ' EXECUTE FUNCTION refuse_change()', p_table || '_archived', oldest.partition);
    IF archived <> oldest.partition THEN
        EXECUTE format('ALTER TABLE %I RENAME TO %I', oldest.partition, archived);
    END IF;
    EXECUTE format('ALTER TABLE %I SET SCHEMA market_archive', archived);
    INSERT INTO archived_partitions (name, partition, end_bound) VALUES (p_table, archived, oldest.end_bound);
    IF p_table = 'audit_entries' THEN
        EXECUTE format('INSERT INTO archived_audit_heads (partition, chain, sequence, hash)'
                       ' SELECT DISTINCT ON (chain) %L, chain, sequence, hash FROM market_archive.%I'
                       '  ORDER BY chain, sequence DESC', archived, archived);
    END IF;
    RETURN archived;
END
$$;
REVOKE ALL ON FUNCTION archive_month_partition FROM PUBLIC;
