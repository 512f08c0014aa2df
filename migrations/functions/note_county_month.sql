-- Package: reports.
-- Keep where a month of a county stands, and when it or one of its calculations changed.
CREATE OR REPLACE FUNCTION note_county_month() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO county_months (county_code, month, state, changed_at)
    VALUES (NEW.county_code, NEW.month, NEW.state, clock_timestamp())
    ON CONFLICT (county_code, month) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION note_county_month_of_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE county_months m SET changed_at = clock_timestamp()
      FROM cycles c
     WHERE c.id = NEW.cycle_id AND m.county_code = c.county_code AND m.month = c.month;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_county_month FROM PUBLIC;
REVOKE ALL ON FUNCTION note_county_month_of_run FROM PUBLIC;
