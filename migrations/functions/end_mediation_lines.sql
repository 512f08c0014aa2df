-- Package: mediation.
-- A mediation that its buyer withdraws gives nothing back, and keeps nothing back any more.
CREATE OR REPLACE FUNCTION end_mediation_lines() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mediation_lines SET granted_fen = 0 WHERE case_id = NEW.id AND granted_fen IS NULL;
    RETURN NULL;
END;
$$;
