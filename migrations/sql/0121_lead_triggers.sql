-- The steps move their lead and are never rewritten.
CREATE TRIGGER lead_steps_take BEFORE INSERT ON lead_steps FOR EACH ROW EXECUTE FUNCTION take_lead_step();
CREATE TRIGGER lead_steps_append_only BEFORE DELETE OR UPDATE OF lead_id, step, before, after, account_id,
    attended, agreed, notice, effective_on, at ON lead_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_steps_no_truncate BEFORE TRUNCATE ON lead_steps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
