-- Package: content.
CREATE TRIGGER stories_move BEFORE INSERT OR UPDATE ON stories FOR EACH ROW EXECUTE FUNCTION check_story();
CREATE TRIGGER story_people_decide AFTER UPDATE ON story_people
    FOR EACH ROW EXECUTE FUNCTION follow_story_consent();
CREATE TRIGGER consents_end_stories AFTER UPDATE ON consents
    FOR EACH ROW WHEN (NEW.purpose = 'story') EXECUTE FUNCTION end_story_consent();
