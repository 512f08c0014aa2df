-- Package: benefits.
-- The shares of a listing sum to 10,000 basis points on each day on which it has a rule.
CREATE OR REPLACE FUNCTION check_benefit_shares() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp' AS $$
DECLARE
    changed uuid := (coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> 'listing_id')::uuid;
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT lower(valid_during) AS day FROM benefits.rules WHERE listing_id = changed
                     UNION SELECT upper(valid_during) FROM benefits.rules WHERE listing_id = changed) days
          JOIN benefits.rules r ON r.listing_id = changed AND r.valid_during @> days.day
         GROUP BY days.day HAVING coalesce(sum(r.share_bp), 0) <> 10000) THEN
        RAISE EXCEPTION 'the shares of a listing sum to 10,000 basis points' USING ERRCODE = 'P0915';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_benefit_shares FROM PUBLIC;
