-- Package: trace.
-- What is harvested of a crop on a plot in a year is at most its area times what a 亩 gives, rounded down: 2000/3 m² are
-- a 亩, so that an m² gives kg_per_mu × 1.5 grams. The row of plot_yields is locked, and its CHECK decides.
CREATE OR REPLACE FUNCTION count_harvest() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp' AS $$
DECLARE
    most bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE plot_yields SET harvested_grams = harvested_grams - OLD.grams
         WHERE plot_id = OLD.plot_id AND crop = OLD.crop AND year = extract(year FROM OLD.harvested_on);
        RETURN OLD;
    END IF;
    IF NEW.plot_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT l.kg_per_mu::bigint * p.area_m2 * 3 / 2 INTO most
      FROM plots p
      JOIN producers s ON s.id = p.producer_id
      JOIN yield_limits l ON l.county_code = s.county_code AND l.crop = NEW.crop AND l.valid_during @> NEW.harvested_on
     WHERE p.id = NEW.plot_id;
    IF most IS NULL THEN
        RAISE EXCEPTION 'no yield limit of %', NEW.crop USING ERRCODE = 'P0910';
    END IF;
    INSERT INTO plot_yields AS y (plot_id, crop, year, limit_grams, harvested_grams)
    VALUES (NEW.plot_id, NEW.crop, extract(year FROM NEW.harvested_on), most, NEW.grams)
    ON CONFLICT (plot_id, crop, year)
    DO UPDATE SET harvested_grams = y.harvested_grams + EXCLUDED.harvested_grams, limit_grams = EXCLUDED.limit_grams;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION count_harvest FROM PUBLIC;
