INSERT INTO identifiers (value_index, value_sealed) SELECT value_index, value_sealed FROM plain_identifiers;
UPDATE plain_identifiers p SET id = i.id FROM identifiers i WHERE i.value_index = p.value_index;

-- The same facts are written in another form: nothing is kept as replaced, and no claim changes.
ALTER TABLE bindings DISABLE TRIGGER bindings_keep_changed;
ALTER TABLE claims DISABLE TRIGGER claims_append_only;
ALTER TABLE fact_versions DISABLE TRIGGER fact_versions_append_only;

ALTER TABLE bindings ADD COLUMN number_id bigint, ADD COLUMN device_id bigint, ADD COLUMN sim_id bigint;
UPDATE bindings b
   SET number_id = (SELECT id FROM plain_identifiers WHERE value = b.number),
       device_id = (SELECT id FROM plain_identifiers WHERE value = b.device),
       sim_id = (SELECT id FROM plain_identifiers WHERE value = b.sim);
ALTER TABLE claims ADD COLUMN number_id bigint;
UPDATE claims c SET number_id = p.id FROM plain_identifiers p WHERE p.value = c.number;
ALTER TABLE usage_days ADD COLUMN number_id bigint;
UPDATE usage_days u SET number_id = p.id FROM plain_identifiers p WHERE p.value = u.number;
UPDATE fact_versions v
   SET facts = facts - '{number,number_key,device,sim}'::text[] || jsonb_build_object(
       'number_id', (SELECT id FROM plain_identifiers WHERE value = v.facts ->> 'number'),
       'device_id', (SELECT id FROM plain_identifiers WHERE value = v.facts ->> 'device'),
       'sim_id', (SELECT id FROM plain_identifiers WHERE value = v.facts ->> 'sim'))
 WHERE fact = 'bindings';

-- With the columns in clear go the keys and indexes that have them.
-- squawk-ignore ban-drop-column
ALTER TABLE bindings DROP COLUMN number_key, DROP COLUMN number, DROP COLUMN device, DROP COLUMN sim;
-- squawk-ignore ban-drop-column
ALTER TABLE claims DROP COLUMN number;
-- squawk-ignore ban-drop-column
ALTER TABLE usage_days DROP COLUMN number;
-- squawk-ignore ban-drop-function
DROP FUNCTION name_unbound_line;

-- A mobile number is unique among the operators, any other within its operator and kind. Keys of text would take the
-- temporal key three times as long.
CREATE FUNCTION compute_number_key(operator text, kind text, number_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN number_id * 10 + CASE kind WHEN 'mobile' THEN 0 WHEN 'broadband' THEN 1 ELSE 4 END
    + CASE WHEN kind = 'mobile' OR operator = 'mobile' THEN 0 WHEN operator = 'unicom' THEN 1 ELSE 2 END;

-- The tables were rewritten above: nobody reads them until the commit.
ALTER TABLE bindings
    -- squawk-ignore adding-not-nullable-field
    ALTER COLUMN number_id SET NOT NULL,
    -- squawk-ignore adding-field-with-default
    ADD COLUMN number_key bigint GENERATED ALWAYS AS (
        compute_number_key(operator, kind, number_id)) STORED NOT NULL,
    ADD CONSTRAINT bindings_number FOREIGN KEY (number_id) REFERENCES identifiers,
    ADD CONSTRAINT bindings_device FOREIGN KEY (device_id) REFERENCES identifiers,
    ADD CONSTRAINT bindings_sim FOREIGN KEY (sim_id) REFERENCES identifiers,
    ADD CONSTRAINT bindings_one_line_per_number_and_day UNIQUE (number_key, valid_during WITHOUT OVERLAPS),
    ADD CONSTRAINT bindings_one_line_per_sim_and_day UNIQUE (sim_id, valid_during WITHOUT OVERLAPS);
ALTER TABLE claims
    -- squawk-ignore adding-not-nullable-field
    ALTER COLUMN number_id SET NOT NULL,
    ADD CONSTRAINT claims_number FOREIGN KEY (number_id) REFERENCES identifiers;
ALTER TABLE usage_days
    -- squawk-ignore adding-not-nullable-field
    ALTER COLUMN number_id SET NOT NULL,
    ADD CONSTRAINT usage_days_number FOREIGN KEY (number_id) REFERENCES identifiers,
    ADD CONSTRAINT usage_days_unique PRIMARY KEY (county_code, operator, kind, number_id, used_on);
CREATE INDEX bindings_by_operator_number ON bindings (county_code, operator, number_id);
CREATE INDEX bindings_by_number ON bindings (number_id);
CREATE UNIQUE INDEX claims_one_per_service_and_month ON claims (county_code, operator, kind, number_id, month)
    WHERE corrects_month IS NULL;

ALTER TABLE bindings ENABLE TRIGGER bindings_keep_changed;
ALTER TABLE claims ENABLE TRIGGER claims_append_only;
ALTER TABLE fact_versions ENABLE TRIGGER fact_versions_append_only;

-- Created again with other columns.
-- squawk-ignore ban-drop-function
DROP FUNCTION find_bound_elsewhere;
