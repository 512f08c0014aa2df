-- Package: content.
-- A story is published only with a consent that stands of everybody whom it shows, and what is hidden stays hidden.
CREATE OR REPLACE FUNCTION check_story() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a story begins as a draft' USING ERRCODE = 'P0231';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('draft', 'consented'), ('consented', 'live'), ('draft', 'hidden'),
                                      ('consented', 'hidden'), ('live', 'hidden')) THEN
        RAISE EXCEPTION 'a story that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'P0231';
    END IF;
    IF NEW.state IN ('consented', 'live') AND EXISTS (
        SELECT FROM story_people
         WHERE story_id = NEW.id AND (ended_at IS NOT NULL OR (consent_id IS NULL AND paper_on IS NULL))) THEN
        RAISE EXCEPTION 'somebody whom the story shows does not consent' USING ERRCODE = 'P0232';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_story FROM PUBLIC;
