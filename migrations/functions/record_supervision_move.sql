-- Package: supervision.
-- Keep each move of a task, with the evidence or the reason of then.
CREATE OR REPLACE FUNCTION record_supervision_move() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO supervision_events (task_id, kind, account_id, at, text, figure)
    VALUES (NEW.id, NEW.state,
            CASE NEW.state WHEN 'issued' THEN NEW.issued_by WHEN 'evidence' THEN NEW.sent_by ELSE NEW.decided_by END,
            CASE NEW.state WHEN 'issued' THEN NEW.issued_at WHEN 'evidence' THEN NEW.sent_at ELSE NEW.decided_at END,
            CASE NEW.state WHEN 'issued' THEN '' WHEN 'evidence' THEN NEW.evidence_text ELSE NEW.reason END,
            CASE NEW.state WHEN 'evidence' THEN NEW.evidence_figure END);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION record_supervision_move FROM PUBLIC;
