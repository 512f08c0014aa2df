-- Package: casework.
CREATE TRIGGER cases_path BEFORE UPDATE OF path ON cases
    FOR EACH ROW WHEN (NEW.path IS DISTINCT FROM OLD.path) EXECUTE FUNCTION check_case_path();
GRANT UPDATE (path) ON cases TO market_app;
