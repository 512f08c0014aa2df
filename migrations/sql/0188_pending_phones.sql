-- Package: content, benefits.
-- Whom a story shows, or who may see a household's part, is kept by the keyed hash of a telephone until somebody signs in
-- with it, so that nobody learns from a form who has an account.
ALTER TABLE story_people
    ADD COLUMN phone_index bytea,
    DROP CONSTRAINT story_people_named,
    DROP CONSTRAINT story_people_paper,
    ADD CONSTRAINT story_people_one CHECK (num_nonnulls(account_id, name_sealed, phone_index) = 1),
    ADD CONSTRAINT story_people_paper CHECK ((name_sealed IS NULL) = (paper_on IS NULL)),
    ADD CONSTRAINT story_people_phone_once UNIQUE (story_id, phone_index);
CREATE INDEX story_people_by_phone ON story_people (phone_index) WHERE phone_index IS NOT NULL;
GRANT INSERT (phone_index) ON story_people TO market_app;

ALTER TABLE benefits.households
    ADD COLUMN phone_index bytea,
    ADD CONSTRAINT households_one CHECK (num_nonnulls(account_id, phone_index) <= 1);
CREATE INDEX households_by_phone ON benefits.households (phone_index) WHERE phone_index IS NOT NULL;
GRANT UPDATE (phone_index) ON benefits.households TO market_benefits;

CREATE TRIGGER accounts_link_stories AFTER INSERT OR UPDATE OF phone_index ON accounts
    FOR EACH ROW WHEN (NEW.phone_index IS NOT NULL) EXECUTE FUNCTION link_story_people();
CREATE TRIGGER accounts_link_households AFTER INSERT OR UPDATE OF phone_index ON accounts
    FOR EACH ROW WHEN (NEW.phone_index IS NOT NULL) EXECUTE FUNCTION link_benefit_households();
REVOKE EXECUTE ON FUNCTION link_story_people, link_benefit_households FROM PUBLIC;
