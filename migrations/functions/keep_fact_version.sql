-- Package: subsidies.
-- Keep the row of an imported fact before it is changed or removed. The trigger's arguments are the column of the subject, and
-- the name of the table if it is partitioned.
-- Sealing a value again under another key changes no fact.
CREATE OR REPLACE FUNCTION keep_fact_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sealed CONSTANT text[] := '{identity_sealed,name_sealed,agent_identity_sealed,assessor_identity_sealed}';
    facts           jsonb := to_jsonb(OLD);
    file            uuid := nullif(current_setting('market.import_file', true), '')::uuid;
    lead            uuid := nullif(current_setting('market.lead', true), '')::uuid;
BEGIN
    IF tg_op = 'UPDATE' AND facts - sealed = to_jsonb(NEW) - sealed THEN
        RETURN NULL;
    END IF;
    INSERT INTO fact_versions (county_code, fact, subject, facts, name_sealed, file_id, replaced_by, replaced_by_lead,
                               replaced_at)
    VALUES (OLD.county_code, coalesce(tg_argv[1], tg_table_name), facts ->> tg_argv[0], facts - sealed,
            decode(substr(facts ->> 'name_sealed', 3), 'hex'), OLD.file_id, file, lead,
            coalesce((SELECT imported_at FROM import_files WHERE id = file),
                     (SELECT decided_at FROM leads WHERE id = lead), now()));
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION keep_fact_version FROM PUBLIC;
