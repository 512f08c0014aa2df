DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['return_files', 'return_rows', 'return_differences', 'reconciliations']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY %I ON %I TO market_app '
                       'USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) '
                       'THEN true ELSE false END)',
                       table_name || '_visible_county', table_name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       table_name || '_no_truncate', table_name);
    END LOOP;
    FOREACH table_name IN ARRAY ARRAY['return_files', 'return_rows', 'reconciliations']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
                       table_name || '_append_only', table_name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO market_app', table_name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT (file_id, county_code, kind, line_code, for_month, settled_fen, row_number, credited_fen, since),
      UPDATE (outcome, why, answered_by, answered_at) ON return_differences TO market_app;
CREATE TRIGGER return_differences_no_delete BEFORE DELETE ON return_differences
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- An answer is given once.
CREATE TRIGGER return_differences_answered_once BEFORE UPDATE ON return_differences
    FOR EACH ROW WHEN (OLD.outcome IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER return_files_add_up AFTER INSERT ON return_files DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_return_file();
CREATE TRIGGER cycles_reconciled AFTER UPDATE OF state ON cycles
    FOR EACH ROW WHEN (NEW.state = 'reconciled' AND OLD.state <> 'reconciled') EXECUTE FUNCTION check_reconciled();
