-- Package: mediation.
-- At commit: a mediation ends by agreement exactly if both sides agreed to the share that was proposed; one that is closed
-- keeps nothing back.
CREATE OR REPLACE FUNCTION check_mediation() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.agreed IS DISTINCT FROM EXISTS (
           SELECT FROM mediation_proposals p
            WHERE p.case_id = NEW.case_id AND p.share_bp = NEW.share_bp AND p.buyer_agreed_at IS NOT NULL
              AND p.seller_agreed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'both sides did not agree to the share of the mediation %', NEW.case_id
            USING ERRCODE = '23514', CONSTRAINT = 'mediations_agreed';
    END IF;
    RETURN NULL;
END;
$$;
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
