-- Package: orders.
-- Check at commit that lines add up to their suborders and their order, and suborders to their order.
CREATE OR REPLACE FUNCTION check_order_sums() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    fits boolean;
BEGIN
    SELECT (sum(s.goods_fen), sum(s.freight_fen), sum(s.discount_fen), sum(lines.items), sum(lines.lot_units))
           IS NOT DISTINCT FROM (new.goods_fen::numeric, new.freight_fen::numeric, new.discount_fen::numeric,
                                 new.items::numeric, new.lot_units::numeric)
           AND bool_and(s.goods_fen = lines.amount_fen)
      INTO fits
      FROM suborders s
     CROSS JOIN LATERAL (
           SELECT sum(l.amount_fen) AS amount_fen, sum(l.quantity) AS items, sum(l.units) AS lot_units
             FROM order_lines l WHERE l.suborder_id = s.id) AS lines
     WHERE s.order_id = new.id;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'the parts of order % do not add up', new.number USING ERRCODE = 'P0104';
    END IF;
    RETURN NULL;
END
$$;
