-- One duty of a cycle per person, whatever accounts they use, as for the steps of an admission. Rows from before have no
-- key; take_duty compares their accounts.
ALTER TABLE cycle_duties ADD COLUMN person_key bytea;
-- The column is empty, so that the index is built at once.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX cycle_duties_one_per_person ON cycle_duties (cycle_id, person_key);
-- Triggers find the function by its id, and nothing else calls it.
-- squawk-ignore renaming-object
ALTER FUNCTION set_step_person() RENAME TO set_person_key;
CREATE TRIGGER cycle_duties_person BEFORE INSERT ON cycle_duties FOR EACH ROW EXECUTE FUNCTION set_person_key();
