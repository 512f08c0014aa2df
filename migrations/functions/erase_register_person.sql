-- Package: subsidies.
-- Overwrite what identifies a person of the register, in earlier versions too, and record it. The random `p_index`
-- links what belonged to the person from now on, so that a closed month is still calculated the same; `p_sealed` has,
-- by column, what is read in place of what was there, `p_numbers` the same by number.
CREATE OR REPLACE FUNCTION erase_register_person(
    p_person uuid, p_index bytea, p_sealed jsonb, p_numbers jsonb, p_reason text, p_by text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    erased   persons;
    lines    text[];
    numbers  bigint[];
    alone    uuid[];
    obstacle text;
BEGIN
    SELECT * INTO STRICT erased FROM persons WHERE id = p_person FOR UPDATE;
    SELECT string_agg(o.obstacle, ', ') INTO obstacle FROM list_erasure_obstacles(p_person, business_day(p_at)) o;
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'person % cannot be erased: %', p_person, obstacle USING ERRCODE = 'P0101';
    END IF;
    -- For this function alone: an owner that is no superuser may not set it in the function's definition.
    PERFORM set_config('market.erasing', 'on', true);
    SELECT array_agg(DISTINCT line_code) INTO lines FROM bindings
     WHERE county_code = erased.county_code AND identity_index = erased.identity_index;
    SELECT array_agg(DISTINCT own.id) INTO numbers
      FROM bindings b CROSS JOIN LATERAL unnest(ARRAY[b.number_id, b.device_id, b.sim_id]) AS own (id)
     WHERE b.county_code = erased.county_code AND b.identity_index = erased.identity_index;
    SELECT array_agg(DISTINCT l.lead_id) INTO alone FROM lead_persons l JOIN leads ON leads.id = l.lead_id
     WHERE leads.county_code = erased.county_code AND l.identity_index = erased.identity_index
       AND NOT EXISTS (SELECT FROM lead_persons o JOIN persons p ON p.identity_index = o.identity_index
                        WHERE o.lead_id = l.lead_id AND o.identity_index <> erased.identity_index
                          AND p.county_code = leads.county_code
                          AND NOT EXISTS (SELECT FROM register_erasures e WHERE e.person_id = p.id));

    UPDATE persons
       SET identity_index = p_index, identity_sealed = decode(p_sealed ->> 'persons.identity', 'base64'),
           name_sealed = decode(p_sealed ->> 'persons.name', 'base64'), born_on = date_trunc('year', born_on)::date
     WHERE id = p_person;
    UPDATE fact_versions
       SET facts = facts || jsonb_build_object('identity_index', p_index::text,
                                               'born_on', date_trunc('year', (facts ->> 'born_on')::date)::date::text),
           name_sealed = decode(p_sealed ->> 'persons.name', 'base64')
     WHERE county_code = erased.county_code AND fact = 'persons' AND subject = p_person::text;
    UPDATE fact_versions SET facts = facts || jsonb_build_object('identity_index', p_index::text)
     WHERE county_code = erased.county_code AND fact IN ('enrolments', 'bindings')
       AND facts ->> 'identity_index' = erased.identity_index::text;
    UPDATE enrolments SET identity_index = p_index, identity_sealed = NULL
     WHERE county_code = erased.county_code AND identity_index = erased.identity_index;
    UPDATE bindings SET identity_index = p_index, identity_sealed = NULL
     WHERE county_code = erased.county_code AND identity_index = erased.identity_index;
    DELETE FROM listed_facts WHERE county_code = erased.county_code AND identity_index = erased.identity_index;

    -- A number, a device or a SIM that passed to somebody else is theirs.
    UPDATE identifiers
       SET value_index = decode(n.index, 'base64'), value_sealed = decode(n.sealed, 'base64')
      FROM jsonb_to_recordset(p_numbers) AS n(id bigint, index text, sealed text)
     WHERE identifiers.id = n.id AND n.id = ANY(numbers)
       AND n.id <> ALL (ARRAY(
               SELECT own.id FROM bindings b CROSS JOIN LATERAL unnest(ARRAY[b.number_id, b.device_id, b.sim_id]) AS own (id)
                WHERE ARRAY[b.number_id, b.device_id, b.sim_id] && numbers AND b.identity_index <> p_index
                  AND own.id IS NOT NULL));
    UPDATE idle_calls SET note_sealed = NULL WHERE county_code = erased.county_code AND line_code = ANY(lines);
    UPDATE line_changes
       SET details_sealed = CASE WHEN details_sealed IS NOT NULL
                                 THEN decode(p_sealed ->> 'line_changes.details', 'base64') END,
           reason_sealed = CASE WHEN reason_sealed IS NOT NULL
                                THEN decode(p_sealed ->> 'line_changes.reason', 'base64') END,
           note_sealed = decode(p_sealed ->> 'line_changes.note', 'base64')
     WHERE county_code = erased.county_code AND line_code = ANY(lines);
    UPDATE enrolment_pauses
       SET end_note_sealed = CASE WHEN end_note_sealed IS NOT NULL
                                  THEN decode(p_sealed ->> 'enrolment_pauses.end_note', 'base64') END,
           note_sealed = decode(p_sealed ->> 'enrolment_pauses.note', 'base64')
     WHERE county_code = erased.county_code AND line_code = ANY(lines);

    UPDATE lead_persons l
       SET identity_index = p_index, identity_sealed = decode(p_sealed ->> 'lead_persons.identity', 'base64'),
           name_sealed = decode(p_sealed ->> 'lead_persons.name', 'base64')
      FROM leads
     WHERE leads.id = l.lead_id AND leads.county_code = erased.county_code
       AND l.identity_index = erased.identity_index;
    UPDATE lead_steps SET opinion_sealed = decode(p_sealed ->> 'lead_steps.opinion', 'base64')
     WHERE lead_id = ANY(alone) AND opinion_sealed IS NOT NULL;
    UPDATE lead_consents SET photo_sealed = decode(p_sealed ->> 'lead_consents.photo', 'base64')
     WHERE lead_id = ANY(alone) AND photo_sealed IS NOT NULL;

    UPDATE clawbacks
       SET reason_sealed = decode(p_sealed ->> 'clawbacks.reason', 'base64'),
           statement_sealed = decode(p_sealed ->> 'clawbacks.statement', 'base64'),
           opinion_sealed = CASE WHEN opinion_sealed IS NOT NULL THEN decode(p_sealed ->> 'clawbacks.opinion', 'base64') END
     WHERE person_id = p_person;
    UPDATE clawback_entries SET note_sealed = decode(p_sealed ->> 'clawback_entries.note', 'base64')
     WHERE note_sealed IS NOT NULL AND clawback_id IN (SELECT id FROM clawbacks WHERE person_id = p_person);

    INSERT INTO register_erasures (person_id, county_code, reason, erased_by, erased_at)
    VALUES (p_person, erased.county_code, p_reason, p_by, p_at);
    PERFORM add_audit_entry(p_at, p_by, 'erase person', 'county:' || erased.county_code,
                            jsonb_build_object('person', p_person, 'reason', p_reason));
    PERFORM set_config('market.erasing', 'off', true);
END
$$;
REVOKE ALL ON FUNCTION erase_register_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_register_person TO market_app;
