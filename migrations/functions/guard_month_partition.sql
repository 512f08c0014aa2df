-- Package: kernel.
-- Give a partition what it does not have from its table: the refusal to be emptied, and the targets of statistics.
CREATE OR REPLACE FUNCTION guard_month_partition(p_table text, p_partition text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    target record;
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = p_table::regclass AND tgname = p_table || '_no_truncate') THEN
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       p_table || '_no_truncate', p_partition);
    END IF;
    FOR target IN SELECT attname, attstattarget FROM pg_attribute
                   WHERE attrelid = p_table::regclass AND attstattarget IS NOT NULL AND attnum > 0 LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS %s',
                       p_partition, target.attname, target.attstattarget);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION guard_month_partition FROM PUBLIC;
