-- Package: aftersales.
-- Return what is asked back of a producer's released suborders, in fen: the open claims and returns of buyers, whom row-level security
-- hides from others, and the refunds that wait for a second person.
CREATE OR REPLACE FUNCTION sum_asked_back(p_producer uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(asked.amount_fen), 0)::bigint
      FROM (SELECT c.line_id, c.amount_fen
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
             WHERE producer_id = p_producer AND q.state = 'waiting') asked
      JOIN order_lines ON order_lines.id = asked.line_id
      JOIN suborders ON suborders.id = order_lines.suborder_id AND released_at IS NOT NULL
$$;
REVOKE ALL ON FUNCTION sum_asked_back FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_asked_back TO market_app;
