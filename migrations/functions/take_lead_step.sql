-- Package: subsidies.
-- Move a lead by a step that is recorded: nothing else changes its state, so that none is moved without its step. Refuse a
-- step from another state (P0140), by a person who has another duty of the lead, applied, or belongs to a household of
-- it (P0141), a review or decision before the notice has ended (P0142) or while an objection waits for an answer (P0146),
-- and an enrolment without a consent (P0145).
CREATE OR REPLACE FUNCTION take_lead_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moved      leads;
    wanted     text;
    own_index  bytea := (SELECT identity_index FROM accounts WHERE id = NEW.account_id);
    today      date := business_day(NEW.at);
BEGIN
    SELECT * INTO moved FROM leads WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF moved.state IS DISTINCT FROM NEW.before THEN
        RAISE EXCEPTION 'the lead is %', moved.state USING ERRCODE = 'P0140';
    END IF;
    NEW.person_key = get_person_key(NEW.account_id);
    wanted := (SELECT duty FROM lead_moves
                WHERE step = NEW.step AND before = NEW.before AND after = NEW.after);
    IF wanted IS NOT NULL AND EXISTS (
            SELECT FROM lead_steps s JOIN lead_moves m USING (step, before, after)
             WHERE s.lead_id = NEW.lead_id AND m.duty <> wanted
               AND (s.step <> 'report' OR NEW.step NOT IN ('visit', 'match'))
               AND (is_same_person(s.account_id, NEW.account_id) OR s.person_key = NEW.person_key)) THEN
        RAISE EXCEPTION 'the person has another duty of the lead' USING ERRCODE = 'P0141';
    END IF;
    IF NEW.step NOT IN ('report', 'withdraw')
       AND (is_same_person(moved.applicant_id, NEW.account_id)
            OR EXISTS (SELECT FROM lead_persons WHERE lead_id = NEW.lead_id AND identity_index = own_index)
            OR EXISTS (SELECT FROM persons p JOIN memberships m ON m.person_id = p.id
                        WHERE p.county_code = moved.county_code AND p.identity_index = own_index
                          AND m.household_code IN (moved.household_code, moved.into_code)
                          AND m.valid_during @> today)) THEN
        RAISE EXCEPTION 'the person is involved in the lead' USING ERRCODE = 'P0141';
    END IF;
    IF NEW.step IN ('review', 'decide') AND today < upper(moved.notice) THEN
        RAISE EXCEPTION 'the notice ends on %', upper(moved.notice) USING ERRCODE = 'P0142';
    END IF;
    IF NEW.step IN ('review', 'decide')
       AND EXISTS (SELECT FROM objections o JOIN cases c ON c.id = o.case_id
                    WHERE o.lead_id = NEW.lead_id AND c.state <> 'closed') THEN
        RAISE EXCEPTION 'an objection waits for an answer' USING ERRCODE = 'P0146';
    END IF;
    IF NEW.step = 'decide' AND moved.kind = 'enrol'
       AND NOT EXISTS (SELECT FROM lead_consents WHERE lead_id = NEW.lead_id) THEN
        RAISE EXCEPTION 'the household has not consented' USING ERRCODE = 'P0145';
    END IF;
    UPDATE leads
       SET state = NEW.after,
           notice = CASE WHEN NEW.step = 'confirm' THEN NEW.notice
                         WHEN NEW.after IN ('reported', 'visited', 'matched') THEN NULL ELSE notice END,
           effective_on = NEW.effective_on,
           decided_at = CASE WHEN NEW.after = 'decided' THEN NEW.at END
     WHERE id = NEW.lead_id;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION take_lead_step FROM PUBLIC;
