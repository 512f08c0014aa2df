-- Lines of a run that a later one replaced may go; no line is changed, and none of a run that is used goes.
CREATE INDEX subsidy_postings_by_run ON subsidy_postings (run_id);
DROP TRIGGER run_lines_append_only ON run_lines;
CREATE TRIGGER run_lines_append_only BEFORE UPDATE ON run_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_lines_kept AFTER DELETE ON run_lines REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_used_lines_deletion();
DROP TRIGGER run_explanations_append_only ON run_explanations;
CREATE TRIGGER run_explanations_append_only BEFORE UPDATE ON run_explanations
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_explanations_kept AFTER DELETE ON run_explanations REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_used_lines_deletion();
