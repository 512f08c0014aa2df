-- Package: orders.
-- Check at commit that lines add up to their suborders, and suborders to their order.
CREATE OR REPLACE FUNCTION check_order_sums() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    fits boolean;
BEGIN
    SELECT (sum(s.goods_fen), sum(s.freight_fen), sum(s.discount_fen))
           IS NOT DISTINCT FROM (new.goods_fen::numeric, new.freight_fen::numeric, new.discount_fen::numeric)
           AND bool_and(s.goods_fen = (SELECT sum(l.amount_fen) FROM order_lines l WHERE l.suborder_id = s.id))
      INTO fits
      FROM suborders s
     WHERE s.order_id = new.id;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'the parts of order % do not add up', new.number USING ERRCODE = 'P0104';
    END IF;
    RETURN NULL;
END
$$;
