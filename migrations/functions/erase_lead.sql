-- Package: subsidies.
-- Overwrite the persons of a lead that ended who are not in the register and never were, and, if nobody in the register is
-- concerned, what was written about them; return how many persons or texts. `p_tokens` has an index and a sealed word for each
-- position, `p_sealed` what is read in place of a text, by column. Who is in the register is erased with it.
CREATE OR REPLACE FUNCTION erase_lead(p_lead uuid, p_tokens jsonb, p_sealed jsonb, p_by text, p_at timestamptz)
    RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ended  leads;
    erased integer;
    more   integer;
BEGIN
    UPDATE leads SET persons_erased_at = p_at WHERE id = p_lead AND persons_erased_at IS NULL RETURNING * INTO ended;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    UPDATE lead_persons l
       SET identity_index = decode(t.index, 'base64'), identity_sealed = decode(t.sealed, 'base64'),
           name_sealed = decode(p_sealed ->> 'lead_persons.name', 'base64')
      FROM jsonb_to_recordset(p_tokens) AS t(position integer, index text, sealed text)
     WHERE l.lead_id = p_lead AND t.position = l.position
       AND NOT EXISTS (SELECT FROM persons p
                        WHERE p.county_code = ended.county_code AND p.identity_index = l.identity_index);
    GET DIAGNOSTICS erased = ROW_COUNT;
    -- Of a household of the register, and of persons of it, the texts go with them.
    IF NOT EXISTS (SELECT FROM households h
                    WHERE h.county_code = ended.county_code AND h.code = ended.household_code)
       AND NOT EXISTS (SELECT FROM lead_persons l JOIN persons p ON p.identity_index = l.identity_index
                        WHERE l.lead_id = p_lead AND p.county_code = ended.county_code) THEN
        UPDATE lead_steps SET opinion_sealed = decode(p_sealed ->> 'lead_steps.opinion', 'base64')
         WHERE lead_id = p_lead AND opinion_sealed IS NOT NULL;
        GET DIAGNOSTICS more = ROW_COUNT;
        erased := erased + more;
        UPDATE lead_consents SET photo_sealed = decode(p_sealed ->> 'lead_consents.photo', 'base64')
         WHERE lead_id = p_lead AND photo_sealed IS NOT NULL;
        GET DIAGNOSTICS more = ROW_COUNT;
        erased := erased + more;
    END IF;
    IF erased > 0 THEN
        PERFORM add_audit_entry(p_at, p_by, 'erase lead', 'county:' || ended.county_code,
                                jsonb_build_object('lead', ended.number));
    END IF;
    RETURN erased;
END
$$;
REVOKE ALL ON FUNCTION erase_lead FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_lead TO market_app;
