-- Package: orders.
-- Record what the buyer of a contract did not accept: it is left out of what its lines cost, and never charged.
CREATE OR REPLACE FUNCTION refuse_goods(p_order uuid, p_lines uuid[], p_amounts bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    refused bigint := (SELECT coalesce(sum(fen), 0) FROM unnest(p_amounts) AS fen);
BEGIN
    UPDATE orders SET refused_fen = refused WHERE id = p_order AND state = 'placed' AND terms = 'contract' AND refused_fen = 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the goods of order % cannot be refused', p_order USING ERRCODE = 'P0245';
    END IF;
    WITH changed AS (
        UPDATE order_lines l SET refunded_fen = fen
          FROM unnest(p_lines, p_amounts) AS part (line_id, fen)
          JOIN order_lines own ON own.id = line_id JOIN suborders s ON s.id = own.suborder_id AND s.order_id = p_order
         WHERE l.id = line_id AND fen > 0
        RETURNING fen)
    SELECT refused - coalesce(sum(fen), 0) INTO refused FROM changed;
    IF refused <> 0 THEN
        RAISE EXCEPTION 'the refused goods of order % do not add up', p_order USING ERRCODE = 'P0245';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION refuse_goods FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refuse_goods TO market_app;
