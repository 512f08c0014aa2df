-- Package: subsidies.
-- At the end of a transaction the items of a clawback of a finding sum to it, what was recovered is between nothing and the whole,
-- and it is cleared if it is the whole.
CREATE OR REPLACE FUNCTION check_clawback_sums() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whole clawbacks;
    recovered bigint;
BEGIN
    IF TG_TABLE_NAME = 'clawbacks' THEN
        SELECT * INTO STRICT whole FROM clawbacks WHERE id = NEW.id;
    ELSE
        SELECT * INTO STRICT whole FROM clawbacks WHERE id = NEW.clawback_id;
    END IF;
    SELECT coalesce(sum(fen), 0) INTO recovered FROM clawback_entries
     WHERE clawback_id = whole.id AND outcome = 'confirmed';
    IF recovered NOT BETWEEN 0 AND whole.amount_fen OR (whole.state = 'cleared') <> (recovered = whole.amount_fen)
       OR (whole.finding_id IS NULL) <> NOT EXISTS (SELECT FROM clawback_items WHERE clawback_id = whole.id)
       OR whole.finding_id IS NOT NULL
          AND whole.amount_fen <> (SELECT sum(fen) FROM clawback_items WHERE clawback_id = whole.id) THEN
        RAISE EXCEPTION 'clawback % does not add up', whole.number USING ERRCODE = 'P0216';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_clawback_sums FROM PUBLIC;
