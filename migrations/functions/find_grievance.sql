-- Package: grievances.
-- Return the account that complained with this receipt, or NULL: who has number and code is in its place.
CREATE OR REPLACE FUNCTION find_grievance(p_number bigint, p_code_hash bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.asker_id FROM grievances g JOIN cases c ON c.id = g.case_id
     WHERE c.number = p_number AND g.code_hash = p_code_hash
$$;
REVOKE ALL ON FUNCTION find_grievance FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_grievance TO market_app;
