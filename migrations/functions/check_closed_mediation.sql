-- Package: mediation.
CREATE OR REPLACE FUNCTION check_closed_mediation() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM mediation_lines WHERE case_id = NEW.id AND granted_fen IS NULL) THEN
        RAISE EXCEPTION 'the mediation % is closed and keeps money back', NEW.number
            USING ERRCODE = '23514', CONSTRAINT = 'cases_closed_mediation';
    END IF;
    RETURN NULL;
END;
$$;
