-- Package: subsidies.
-- Withdraw the consent to a line that was enrolled as a person applied, also if a file stored the enrolment again since: the
-- line is paused from that day on, in place of another pause that is open. Return whether there was a consent to
-- withdraw. Locks the open pause, as who ends it does, before anything else. Runs as the owner, because a person sees no
-- enrolment: it touches only the line of the person's own lead.
CREATE OR REPLACE FUNCTION withdraw_consent(p_lead uuid, p_account uuid, p_day date, p_note bytea, p_end_note bytea,
                                            p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    own enrolments;
BEGIN
    SELECT e.* INTO own
      FROM leads l
      JOIN enrolments e ON e.county_code = l.county_code AND e.line_code = l.line_code AND e.decided
      JOIN lead_persons p ON p.lead_id = l.id AND p.identity_index = e.identity_index
     WHERE l.id = p_lead AND l.applicant_id = p_account AND l.state = 'decided';
    PERFORM FROM enrolment_pauses
      WHERE county_code = own.county_code AND line_code = own.line_code AND upper_inf(paused_during)
        FOR NO KEY UPDATE;
    PERFORM FROM lead_consents
      WHERE lead_id = p_lead AND withdrawn_at IS NULL AND own.line_code IS NOT NULL
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE enrolment_pauses
       SET paused_during = daterange(lower(paused_during), p_day), ended_by = p_account, ended_at = p_at,
           end_note_sealed = p_end_note
     WHERE county_code = own.county_code AND line_code = own.line_code AND upper_inf(paused_during)
       AND lower(paused_during) < p_day;
    INSERT INTO enrolment_pauses (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at)
    SELECT own.county_code, own.line_code,
           daterange(greatest(p_day, own.entitled_from, (SELECT max(upper(paused_during)) FROM enrolment_pauses
                                                          WHERE county_code = own.county_code
                                                            AND line_code = own.line_code)), NULL),
           'consent', p_note, p_account, p_at
     WHERE NOT EXISTS (SELECT FROM enrolment_pauses
                        WHERE county_code = own.county_code AND line_code = own.line_code
                          AND upper_inf(paused_during));
    UPDATE lead_consents SET withdrawn_at = p_at WHERE lead_id = p_lead AND withdrawn_at IS NULL;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION withdraw_consent FROM PUBLIC;
GRANT EXECUTE ON FUNCTION withdraw_consent TO market_app;
