-- Package: funds.
-- A producer applies to a call of its own county while it is open, and gets at most what the call gives.
CREATE OR REPLACE FUNCTION check_fund_application() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    called record;
BEGIN
    SELECT * INTO STRICT called FROM fund_calls WHERE id = NEW.call_id;
    IF NEW.wanted_fen > called.amount_fen OR NEW.granted_fen > called.amount_fen
       OR (called.amount_fen IS NULL AND (NEW.wanted_fen IS NOT NULL OR NEW.granted_fen IS NOT NULL)) THEN
        RAISE EXCEPTION 'the call % gives less', called.number USING ERRCODE = 'P0252';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM cases c JOIN producers p ON p.id = NEW.producer_id
         WHERE c.id = NEW.case_id AND p.county_code = called.county_code AND c.county_code = called.county_code
           AND c.for_producer_id = p.id AND c.received_during <@ called.valid_during) THEN
        RAISE EXCEPTION 'the call % is closed, or of another county', called.number USING ERRCODE = 'P0253';
    END IF;
    RETURN NEW;
END
$$;
