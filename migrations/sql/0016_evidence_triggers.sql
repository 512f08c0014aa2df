-- The triggers, policies and grants of the evidence.

DO $$
DECLARE
    subject text[];
BEGIN
    FOREACH subject SLICE 1 IN ARRAY ARRAY[
        ['persons', 'id'], ['household_statuses', 'household_code'], ['memberships', 'person_id'],
        ['programmes', 'code'], ['programme_terms', 'programme_code'], ['programme_sentences', 'programme_code'],
        ['plans', 'code'], ['budgets', 'month'], ['bindings', 'line_code'], ['enrolments', 'line_code']]
    LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I FOR EACH ROW EXECUTE FUNCTION keep_fact_version(%L)',
                       subject[1] || '_keep_removed', subject[1], subject[2]);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) '
                       'EXECUTE FUNCTION keep_fact_version(%L)',
                       subject[1] || '_keep_changed', subject[1], subject[2]);
    END LOOP;
END
$$;

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['fact_versions', 'import_originals']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY %I ON %I TO market_app '
                       'USING (CASE WHEN starts_with(county_code, (SELECT get_visible_county())) '
                       'THEN true ELSE false END)',
                       table_name || '_visible_county', table_name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       table_name || '_no_truncate', table_name);
    END LOOP;
END
$$;
GRANT SELECT ON fact_versions TO market_app;
GRANT SELECT, INSERT ON import_originals TO market_app;

-- Only sealed columns may change, when keys rotate.
CREATE TRIGGER fact_versions_append_only
    BEFORE DELETE OR UPDATE OF id, county_code, fact, subject, facts, file_id, replaced_by, replaced_at ON fact_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER import_originals_append_only
    BEFORE DELETE OR UPDATE OF file_id, name, attached, county_code, sha256, bytes ON import_originals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
