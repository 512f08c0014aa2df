-- Package: content.
-- With the last consent a draft can be checked; with the first that ends, the story is hidden in the same statement.
CREATE OR REPLACE FUNCTION follow_story_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.ended_at IS NOT NULL THEN
        UPDATE stories SET state = 'hidden', hidden_for = 'consent' WHERE id = NEW.story_id AND state <> 'hidden';
    ELSIF NEW.consent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM story_people
         WHERE story_id = NEW.story_id AND (ended_at IS NOT NULL OR (consent_id IS NULL AND paper_on IS NULL))) THEN
        UPDATE stories SET state = 'consented' WHERE id = NEW.story_id AND state = 'draft';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION follow_story_consent FROM PUBLIC;
