-- Package: subsidies.
-- What an operator and the county write about a bill names people: it is sealed. The notes of before keep their `text` until
-- `market reseal` encrypts it; the service writes no other one.
ALTER TABLE file_notes ADD COLUMN text_sealed bytea;
ALTER TABLE file_notes ALTER COLUMN text SET DEFAULT '';
ALTER TABLE file_notes DROP CONSTRAINT file_notes_text_length;
ALTER TABLE file_notes ADD CONSTRAINT file_notes_text_length CHECK (length(text) <= 500) NOT VALID;
ALTER TABLE file_notes VALIDATE CONSTRAINT file_notes_text_length;
ALTER TABLE file_notes ADD CONSTRAINT file_notes_text_once CHECK ((text_sealed IS NULL) = (text <> '')) NOT VALID;
ALTER TABLE file_notes VALIDATE CONSTRAINT file_notes_text_once;
-- The text alone may be encrypted, and encrypted again.
DROP TRIGGER file_notes_append_only ON file_notes;
CREATE TRIGGER file_notes_append_only
    BEFORE DELETE OR UPDATE OF file_id, position, county_code, account_id, by_operator, at ON file_notes
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE INSERT ON file_notes FROM market_app;
GRANT INSERT (file_id, position, county_code, account_id, by_operator, text_sealed, at) ON file_notes TO market_app;
