-- Package: subsidies.
-- Return the county and the case of the objection that a receipt belongs to. It runs as the owner: a receipt is no
-- account, and the county in whose scope the case is read comes from here.
CREATE OR REPLACE FUNCTION find_objection(p_receipt_hash bytea) RETURNS TABLE (county_code text, case_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases.county_code, cases.id
      FROM objections JOIN cases ON cases.id = objections.case_id
     WHERE receipt_hash = p_receipt_hash
$$;
REVOKE ALL ON FUNCTION find_objection FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_objection TO market_app;
