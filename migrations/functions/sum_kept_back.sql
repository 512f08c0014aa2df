-- Package: aftersales.
-- Return what a producer is owed but not paid yet, in fen: released parcels that their buyers may still claim (received after
-- p_claims_since) or, if not all is perishable, return (received from p_returns_since on), and what is asked back of others: the
-- open claims and returns of buyers, whom row-level security hides, the refunds that wait for a second person, what is
-- mediated, what the platform pays a part of while nobody but buyer and seller says that it arrived (for 30 days, as long as its
-- carrier is asked), and what was refused and may still be mediated at p_now: p_mediation_days after the refusal, where the
-- county of the case has not set another term. What was refunded since is not kept back again.
CREATE OR REPLACE FUNCTION sum_kept_back(
    p_producer uuid, p_claims_since timestamptz, p_returns_since timestamptz, p_now timestamptz, p_mediation_days integer
) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH recent AS MATERIALIZED (
        SELECT id, payable_fen
          FROM suborders
         WHERE producer_id = p_producer AND state = 'received' AND kind = 'goods' AND released_at IS NOT NULL
           AND received_at >= least(p_claims_since, p_returns_since, p_now - interval '30 days')
           AND (received_at > p_claims_since
                OR discount_fen > 0 AND received_at > p_now - interval '30 days' AND NOT is_receipt_proven(id)
                OR received_at >= p_returns_since
                   AND EXISTS (SELECT FROM order_lines WHERE suborder_id = suborders.id AND NOT perishable))
    ), refused AS (
        SELECT id
          FROM cases
         WHERE against_producer_id = p_producer AND category IN ('bad_fruit', 'goods_return') AND outcome = 'unsolved'
           AND closed_at >= p_now - make_interval(days =>
                   coalesce(get_county_setting(county_code, 'mediation_days', business_day(closed_at)), p_mediation_days))
           AND NOT EXISTS (SELECT FROM mediations WHERE source_id = cases.id)
    ), asked AS (
        SELECT c.line_id, c.amount_fen
          FROM cases JOIN bad_fruit_claims c ON c.case_id = cases.id
         WHERE against_producer_id = p_producer AND cases.state IN ('received', 'assigned', 'answered')
         UNION ALL
        SELECT r.line_id, r.amount_fen
          FROM goods_return_lines r
          JOIN order_lines ON order_lines.id = r.line_id
          JOIN suborders ON suborders.id = suborder_id
         WHERE producer_id = p_producer AND r.state = 'open'
         UNION ALL
        SELECT q.line_id, q.amount_fen
          FROM refund_requests q JOIN suborders ON suborders.id = q.suborder_id
         WHERE producer_id = p_producer AND q.state = 'waiting'
         UNION ALL
        SELECT m.line_id, m.amount_fen
          FROM mediation_lines m
          JOIN order_lines ON order_lines.id = m.line_id
          JOIN suborders ON suborders.id = suborder_id
         WHERE producer_id = p_producer AND m.granted_fen IS NULL
         UNION ALL
        SELECT c.line_id, c.amount_fen FROM refused JOIN bad_fruit_claims c ON c.case_id = refused.id
         UNION ALL
        SELECT r.line_id, r.amount_fen FROM refused JOIN goods_return_lines r ON r.case_id = refused.id AND r.state = 'refused'
    )
    SELECT (coalesce((SELECT sum(payable_fen) FROM recent), 0)
         + coalesce((SELECT sum(least(asked.amount_fen, order_lines.amount_fen - order_lines.refunded_fen))
                       FROM asked
                       JOIN order_lines ON order_lines.id = asked.line_id
                       JOIN suborders ON suborders.id = order_lines.suborder_id AND released_at IS NOT NULL
                      WHERE suborders.id NOT IN (SELECT id FROM recent)), 0))::bigint
$$;
REVOKE ALL ON FUNCTION sum_kept_back FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_kept_back TO market_app;
