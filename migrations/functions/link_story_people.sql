-- Package: content.
-- Who signs in for the first time is asked by the stories that name the telephone. The lock is that of `write_story`: of an
-- account and a story written at once, the later sees the earlier.
CREATE OR REPLACE FUNCTION link_story_people() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7009, get_byte(NEW.phone_index, 0) / 4);
    UPDATE story_people p SET account_id = NEW.id, phone_index = NULL, phone_sealed = NULL
     WHERE p.phone_index = NEW.phone_index
       AND NOT EXISTS (SELECT FROM story_people o WHERE o.story_id = p.story_id AND o.account_id = NEW.id);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION link_story_people FROM PUBLIC;
