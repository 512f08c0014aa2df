-- Package: content, benefits.
-- Beside its keyed hash a telephone that nobody signed in with yet is kept sealed, so that a change of the secret rewrites both.
-- Rows of before have the hash alone; the constraints are not validated for them.
ALTER TABLE story_people
    ADD COLUMN phone_sealed bytea,
    ADD CONSTRAINT story_people_phone CHECK ((phone_sealed IS NULL) = (phone_index IS NULL)) NOT VALID;
GRANT INSERT (phone_sealed) ON story_people TO market_app;
ALTER TABLE benefits.households
    ADD COLUMN phone_sealed bytea,
    ADD CONSTRAINT households_phone CHECK ((phone_sealed IS NULL) = (phone_index IS NULL)) NOT VALID;
GRANT UPDATE (phone_sealed) ON benefits.households TO market_benefits;
