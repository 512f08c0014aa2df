-- Package: aftersales.
-- Return the accepted returns of all counties that the clock ends, or `p_case` if it is one: sent long ago without a word of the
-- seller, or never sent. A worker acts on each in a transaction of its county.
CREATE OR REPLACE FUNCTION list_due_goods_returns(
    p_sent_before timestamptz, p_accepted_before timestamptz, p_case uuid, p_most integer
) RETURNS TABLE (id uuid, county_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT cases.id, cases.county_code
      FROM goods_returns JOIN cases ON cases.id = case_id
     WHERE cases.state = 'answered' AND (p_case IS NULL OR cases.id = p_case)
       AND (sent_at <= p_sent_before OR (sent_at IS NULL AND accepted_at <= p_accepted_before))
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'end_goods_return' AND item = cases.id AND next_at > clock_timestamp())
     ORDER BY coalesce(sent_at, accepted_at)
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_due_goods_returns FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_due_goods_returns TO market_app;
