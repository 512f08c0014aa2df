-- Package: subsidies.
-- Refuse to calculate a month whose bills are in the archive: without them everything would be taken back.
CREATE OR REPLACE FUNCTION refuse_archived_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM cycles JOIN archived_partitions ON archived_partitions.name IN ('claims', 'usage_days')
                WHERE cycles.id = NEW.cycle_id AND cycles.month < end_bound::date) THEN
        RAISE EXCEPTION 'the bills of this month are in the archive' USING ERRCODE = 'P0100';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION refuse_archived_run FROM PUBLIC;
