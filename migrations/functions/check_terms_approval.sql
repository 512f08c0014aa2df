-- Package: subsidies.
-- Store who approves a file of programmes or plans, as the person is known then; refuse another kind of file (P0172) and who
-- imported it (P0171).
CREATE OR REPLACE FUNCTION check_terms_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    importer uuid := (SELECT account_id FROM import_files
                       WHERE id = NEW.file_id AND county_code = NEW.county_code AND kind IN ('programmes', 'plans'));
BEGIN
    IF importer IS NULL THEN
        RAISE EXCEPTION 'the county has no such file of programmes or plans' USING ERRCODE = 'P0172';
    END IF;
    NEW.person_key = get_person_key(NEW.account_id);
    IF NEW.person_key = get_person_key(importer) OR is_same_person(importer, NEW.account_id) THEN
        RAISE EXCEPTION 'the person imported the file' USING ERRCODE = 'P0171';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_terms_approval FROM PUBLIC;
