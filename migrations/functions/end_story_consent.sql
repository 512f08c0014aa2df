-- Package: content.
-- A consent to be shown that ends takes the story with it.
CREATE OR REPLACE FUNCTION end_story_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE story_people SET ended_at = upper(NEW.valid_during)
     WHERE consent_id = NEW.id AND ended_at IS NULL AND NOT upper_inf(NEW.valid_during);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION end_story_consent FROM PUBLIC;
