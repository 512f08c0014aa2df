-- Package: subsidies.
-- Refuse a return file whose rows and differences do not add up to what was settled: credited + differences = settled.
CREATE OR REPLACE FUNCTION check_return_file() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    credited bigint;
    different bigint;
BEGIN
    SELECT coalesce(sum(credited_fen), 0) INTO credited FROM return_rows WHERE file_id = NEW.file_id;
    SELECT coalesce(sum(coalesce(settled_fen, 0) - coalesce(credited_fen, 0)), 0) INTO different
      FROM return_differences WHERE file_id = NEW.file_id;
    IF credited <> NEW.credited_fen OR credited + different <> NEW.settled_fen THEN
        RAISE EXCEPTION 'return file %: % credited and % different are not % settled', NEW.file_id, credited, different,
            NEW.settled_fen USING ERRCODE = 'check_violation', CONSTRAINT = 'return_files_add_up';
    END IF;
    RETURN NULL;
END
$$;
