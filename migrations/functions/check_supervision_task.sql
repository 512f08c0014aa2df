-- Package: supervision.
-- A task is issued under a task that is still to be done (P0262); it moves issued → evidence → checked or returned →
-- evidence, or is withdrawn before it is checked (P0261). Evidence stays as it was sent, and is checked by another
-- person (P0263).
CREATE OR REPLACE FUNCTION check_supervision_task() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'issued' OR NEW.sent_by IS NOT NULL OR NEW.decided_by IS NOT NULL THEN
            RAISE EXCEPTION 'a task begins as issued' USING ERRCODE = 'P0261';
        END IF;
        IF NEW.parent_id IS NOT NULL THEN
            PERFORM FROM supervision_tasks WHERE id = NEW.parent_id AND state IN ('issued', 'returned') FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the task above is not to be done' USING ERRCODE = 'P0262';
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('issued', 'evidence'), ('returned', 'evidence'), ('evidence', 'checked'), ('evidence', 'returned'),
        ('issued', 'withdrawn'), ('evidence', 'withdrawn'), ('returned', 'withdrawn')
    ) OR (NEW.state <> 'evidence' AND (NEW.evidence_text, NEW.evidence_figure, NEW.sent_by, NEW.sent_at)
          IS DISTINCT FROM (OLD.evidence_text, OLD.evidence_figure, OLD.sent_by, OLD.sent_at)) THEN
        RAISE EXCEPTION 'task % is %', OLD.number, OLD.state USING ERRCODE = 'P0261';
    END IF;
    IF NEW.state IN ('checked', 'returned') AND is_same_person(NEW.sent_by, NEW.decided_by) THEN
        RAISE EXCEPTION 'the person sent the evidence of task %', OLD.number USING ERRCODE = 'P0263';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION check_supervision_task FROM PUBLIC;
