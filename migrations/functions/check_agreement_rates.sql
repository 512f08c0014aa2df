-- Package: subsidies.
-- An agreement has a rate of at least one programme when it is committed, and takes no further one once it is decided (P0170).
CREATE OR REPLACE FUNCTION check_agreement_rates() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'agreements' THEN
        IF NOT EXISTS (SELECT FROM agreement_rates WHERE agreement_id = NEW.id) THEN
            RAISE EXCEPTION 'the agreement has no rate' USING ERRCODE = 'P0170';
        END IF;
        RETURN NULL;
    END IF;
    PERFORM FROM agreements
      WHERE id = NEW.agreement_id AND county_code = NEW.county_code AND outcome IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the agreement was decided before' USING ERRCODE = 'P0170';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_agreement_rates FROM PUBLIC;
