-- Package: subsidies.
-- Take an appeal of a household's decision until the last day of its term, which begins when it is delivered (P0211).
CREATE OR REPLACE FUNCTION check_clawback_appeal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clawbacks b JOIN cases c ON c.id = NEW.case_id
                    WHERE b.id = NEW.clawback_id AND b.state IN ('decided', 'served') AND c.county_code = b.county_code
                      AND business_day(c.received_at) <= coalesce(b.appeal_until, 'infinity')) THEN
        RAISE EXCEPTION 'the decision cannot be appealed now' USING ERRCODE = 'P0211';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_clawback_appeal FROM PUBLIC;
