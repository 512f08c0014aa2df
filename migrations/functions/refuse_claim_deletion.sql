-- Package: subsidies.
-- Refuse to remove a row of a bill unless the transaction imports the file that replaces its file.
CREATE OR REPLACE FUNCTION refuse_claim_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM import_files
                    WHERE id = nullif(current_setting('market.import_file', true), '')::uuid
                      AND replaces = OLD.file_id) THEN
        RAISE EXCEPTION 'claims is append-only' USING ERRCODE = 'P0100';
    END IF;
    RETURN OLD;
END
$$;
