-- Package: orders.
-- Return the first limit of unpaid orders that each of the requests would exceed, if any.
--
-- `orders`, `fen` and `items` limit what the unpaid orders of a buyer hold together; `share` what they hold of one lot,
-- of which `left_units` are left to the buyer; `lapsed` means that too many orders lately held goods and were never
-- paid, `until` a time. The caller holds the locks of the buyers and the lots.
CREATE OR REPLACE FUNCTION find_exceeded_limits(batch jsonb, undecided integer[])
RETURNS TABLE (n integer, obstacle text, item_id uuid, left_units bigint, until timestamptz)
LANGUAGE plpgsql STABLE
-- A batch looks up a few rows of each buyer, however large the tables are.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    max_orders      bigint := batch -> 'limits' ->> 'orders';
    max_fen         bigint := batch -> 'limits' ->> 'fen';
    max_items       bigint := batch -> 'limits' ->> 'items';
    max_lapsed      integer := batch -> 'limits' ->> 'lapsed';
    lapse_after     interval := batch -> 'limits' ->> 'lapse_after';
    lapse_window    interval := batch -> 'limits' ->> 'lapse_window';
    free_units      bigint := batch -> 'limits' ->> 'free_units';
    lot_shares      bigint := batch -> 'limits' ->> 'lot_shares';
BEGIN
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT l.n, l.lot_id, sum(l.units) AS units, sum(l.quantity) AS quantity
          FROM jsonb_to_recordset(batch -> 'lines') AS l (n integer, lot_id uuid, units bigint, quantity bigint)
         WHERE l.n = ANY(undecided)
         GROUP BY l.n, l.lot_id),
    request AS MATERIALIZED (
        SELECT o.n, o.buyer_id, o.placed_at, o.goods_fen + o.freight_fen - o.discount_fen AS fen, ordered.items
          FROM jsonb_to_recordset(batch -> 'orders')
               AS o (n integer, buyer_id uuid, placed_at timestamptz, goods_fen bigint, freight_fen bigint,
                     discount_fen bigint)
          JOIN (SELECT line.n, sum(line.quantity) AS items FROM line GROUP BY line.n) AS ordered ON ordered.n = o.n),
    -- A row per buyer, with the units of each lot as an object, so that the joins below stay small.
    held AS MATERIALIZED (
        SELECT lot.n, sum(lot.quantity) AS items,
               jsonb_object_agg(lot.lot_id, lot.units) FILTER (WHERE lot.lot_id IS NOT NULL) AS units_by_lot
          FROM (SELECT request.n, order_lines.lot_id, sum(order_lines.units) AS units,
                       sum(order_lines.quantity) AS quantity
                  FROM request
                  JOIN orders ON orders.buyer_id = request.buyer_id AND orders.state = 'placed'
                  JOIN suborders ON suborders.order_id = orders.id
                  JOIN order_lines ON order_lines.suborder_id = suborders.id
                 GROUP BY request.n, order_lines.lot_id) AS lot
         GROUP BY lot.n),
    unpaid AS (
        SELECT request.n, count(orders.id) AS orders, coalesce(sum(orders.total_fen), 0) + request.fen AS fen,
               coalesce(held.items, 0) + request.items AS items
          FROM request
          LEFT JOIN orders ON orders.buyer_id = request.buyer_id AND orders.state = 'placed'
          LEFT JOIN held ON held.n = request.n
         GROUP BY request.n, request.fen, request.items, held.items),
    exceeded AS (
        SELECT request.n, 1 AS rank, 'lapsed' AS obstacle, NULL::uuid AS lot_id, NULL::numeric AS left_units,
               lapsed.until
          FROM request
         CROSS JOIN LATERAL (
               SELECT orders.closed_at + lapse_window AS until
                 FROM orders
                WHERE orders.buyer_id = request.buyer_id AND orders.state IN ('expired', 'cancelled')
                  AND orders.paid_at IS NULL AND orders.closed_at > request.placed_at - lapse_window
                  AND orders.closed_at - orders.placed_at >= lapse_after
                ORDER BY orders.closed_at DESC OFFSET max_lapsed - 1 LIMIT 1) AS lapsed
        UNION ALL
        SELECT unpaid.n, 2, CASE WHEN unpaid.orders >= max_orders THEN 'orders'
                                 WHEN unpaid.fen > max_fen THEN 'fen'
                                 ELSE 'items' END, NULL, NULL, NULL
          FROM unpaid
         WHERE unpaid.orders >= max_orders OR unpaid.fen > max_fen OR unpaid.items > max_items
        UNION ALL
        SELECT line.n, 3, 'share', line.lot_id, greatest(share.units, 0), NULL
          FROM line
          JOIN lots ON lots.id = line.lot_id
          LEFT JOIN held ON held.n = line.n
         CROSS JOIN LATERAL (
               SELECT greatest(free_units, (lots.available_units + lots.reserved_units) / lot_shares)
                      - coalesce((held.units_by_lot ->> line.lot_id::text)::bigint, 0) AS units) AS share
         WHERE line.units BETWEEN share.units + 1 AND lots.available_units)
    SELECT DISTINCT ON (exceeded.n) exceeded.n, exceeded.obstacle, exceeded.lot_id, exceeded.left_units::bigint,
           exceeded.until
      FROM exceeded
     ORDER BY exceeded.n, exceeded.rank, exceeded.lot_id;
END
$$;
