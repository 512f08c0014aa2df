-- Package: reports.
CREATE OR REPLACE FUNCTION note_county_month_of_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE county_months m SET changed_at = clock_timestamp()
      FROM cycles c
     WHERE c.id = NEW.cycle_id AND m.county_code = c.county_code AND m.month = c.month;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_county_month_of_run FROM PUBLIC;
