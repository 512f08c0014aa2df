-- Package: subsidies.
-- A file replaces another one as a whole, and none of a month that is decided.
CREATE OR REPLACE FUNCTION check_replaced_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM claims WHERE file_id = NEW.replaces)
       OR EXISTS (SELECT FROM cycles WHERE county_code = NEW.county_code AND month = NEW.month
                     AND state IN ('decided', 'settled', 'reconciled', 'closed')) THEN
        RAISE EXCEPTION 'file % replaces a part of a bill, or one that is decided', NEW.id USING ERRCODE = 'P0151';
    END IF;
    RETURN NULL;
END
$$;
