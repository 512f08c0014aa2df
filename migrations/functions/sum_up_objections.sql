-- Package: subsidies.
-- Return how many objections a village has received since a day, by reason and how they ended (null: not answered): no
-- household, no person, no words. It runs as the owner, because the public sees no county's cases.
CREATE OR REPLACE FUNCTION sum_up_objections(p_village text, p_since date)
RETURNS TABLE (reason text, outcome text, objections bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT reason, outcome, count(*)
      FROM objections JOIN cases ON cases.id = objections.case_id
     WHERE division_code = p_village AND business_day(received_at) >= p_since
     GROUP BY reason, outcome
     ORDER BY outcome NULLS FIRST, reason
$$;
REVOKE ALL ON FUNCTION sum_up_objections FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_up_objections TO market_app;
