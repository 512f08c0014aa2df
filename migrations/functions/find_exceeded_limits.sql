-- Package: orders.
-- Return the first limit of unpaid orders that each of the requests would exceed, if any.
--
-- `orders`, `fen`, `items` and `nights` (of rooms) limit what the unpaid orders of a buyer hold together; `share` what they hold of one lot or
-- slot, of which `left_units` are left to the buyer; `lapsed` means that orders that were never paid lately held goods for
-- too long in all, `until` a time. The caller holds the locks of the buyers, the lots and the slots.
CREATE OR REPLACE FUNCTION find_exceeded_limits(batch jsonb, undecided integer[])
RETURNS TABLE (n integer, obstacle text, item_id uuid, left_units bigint, until timestamptz)
LANGUAGE plpgsql STABLE
-- A batch looks up a few rows of each buyer, however large the tables are.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
-- Planning the statement takes longer than running it.
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    max_orders      bigint := batch -> 'limits' ->> 'orders';
    max_fen         bigint := batch -> 'limits' ->> 'fen';
    max_items       bigint := batch -> 'limits' ->> 'items';
    max_nights      bigint := batch -> 'limits' ->> 'nights';
    max_lapsed      interval := batch -> 'limits' ->> 'lapsed';
    lapse_counted   interval := batch -> 'limits' ->> 'lapse_counted';
    lapse_window    interval := batch -> 'limits' ->> 'lapse_window';
    free_units      bigint := batch -> 'limits' ->> 'free_units';
    lot_shares      bigint := batch -> 'limits' ->> 'lot_shares';
BEGIN
    -- Most buyers hold nothing yet and order little: no limit is near. OFFSET 0, for one buyer's rows instead of a hash
    -- of all.
    IF jsonb_array_length(batch -> 'stays') = 0 AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset(batch -> 'orders')
                    AS o (n integer, buyer_id uuid, placed_at timestamptz, goods_fen bigint, freight_fen bigint,
                          items integer, lot_units bigint)
         WHERE o.n = ANY(undecided)
           AND (o.goods_fen + o.freight_fen > max_fen OR o.items > least(max_items, free_units)
                OR o.lot_units > free_units
                OR EXISTS (SELECT FROM orders
                            WHERE orders.buyer_id = o.buyer_id AND orders.waits_for = 'payment' OFFSET 0)
                OR EXISTS (SELECT FROM orders
                            WHERE orders.buyer_id = o.buyer_id AND orders.lapsed_at > o.placed_at - lapse_window
                           OFFSET 0))) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT l.n, l.lot_id, sum(l.units) AS units
          FROM jsonb_to_recordset(batch -> 'lines') AS l (n integer, lot_id uuid, units bigint)
         WHERE l.n = ANY(undecided) AND l.lot_id IS NOT NULL
         GROUP BY l.n, l.lot_id),
    request AS MATERIALIZED (
        SELECT o.n, o.buyer_id, o.placed_at, o.goods_fen + o.freight_fen - o.discount_fen AS fen, o.items
          FROM jsonb_to_recordset(batch -> 'orders')
               AS o (n integer, buyer_id uuid, placed_at timestamptz, goods_fen bigint, freight_fen bigint,
                     discount_fen bigint, items integer)
         WHERE o.n = ANY(undecided)),
    unpaid AS MATERIALIZED (
        SELECT request.n, request.buyer_id, held.orders, held.fen + request.fen AS fen,
               held.items + request.items AS items, held.lot_units
          FROM request
         CROSS JOIN LATERAL (
               SELECT count(*) AS orders, coalesce(sum(orders.total_fen), 0) AS fen,
                      coalesce(sum(orders.items), 0) AS items, coalesce(sum(orders.lot_units), 0) AS lot_units
                 FROM orders
                WHERE orders.buyer_id = request.buyer_id AND orders.waits_for = 'payment') AS held),
    exceeded AS (
        SELECT request.n, 1 AS rank, 'lapsed' AS obstacle, NULL::uuid AS lot_id, NULL::numeric AS left_units,
               lapsed.until
          FROM request
         CROSS JOIN LATERAL (
               SELECT ended.lapsed_at + lapse_window AS until
                 FROM (SELECT orders.lapsed_at,
                              sum(least(orders.lapsed_at - orders.placed_at, lapse_counted))
                                  OVER (ORDER BY orders.lapsed_at DESC, orders.id) AS held
                         FROM orders
                        WHERE orders.buyer_id = request.buyer_id AND orders.lapsed_at > request.placed_at - lapse_window) AS ended
                WHERE ended.held >= max_lapsed
                ORDER BY ended.held LIMIT 1) AS lapsed
        UNION ALL
        SELECT unpaid.n, 2, CASE WHEN unpaid.orders >= max_orders THEN 'orders'
                                 WHEN unpaid.fen > max_fen THEN 'fen'
                                 ELSE 'items' END, NULL, NULL, NULL
          FROM unpaid
         WHERE unpaid.orders >= max_orders OR unpaid.fen > max_fen OR unpaid.items > max_items
        UNION ALL
        SELECT stay.n, 2, 'nights', NULL, NULL, NULL
          FROM request
          JOIN (SELECT s.n, sum((s.leave - s.arrive) * cardinality(s.bookings)) AS nights
                  FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, arrive date, leave date, bookings uuid[])
                 GROUP BY s.n) AS stay ON stay.n = request.n
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(upper(bookings.nights) - lower(bookings.nights)), 0) AS nights
                 FROM orders
                 JOIN suborders ON suborders.order_id = orders.id
                 JOIN bookings ON bookings.suborder_id = suborders.id
                WHERE orders.buyer_id = request.buyer_id AND orders.waits_for = 'payment') AS held
         WHERE stay.nights + held.nights > max_nights
        UNION ALL
        -- Lines are read only where the limit would be exceeded if all that the buyer holds were of this lot.
        SELECT line.n, 3, 'share', line.lot_id, greatest(share.units - held.units, 0), NULL
          FROM unpaid
          JOIN line ON line.n = unpaid.n AND line.units + unpaid.lot_units > free_units
          JOIN lots ON lots.id = line.lot_id
         CROSS JOIN LATERAL (
               SELECT greatest(free_units, (lots.available_units + lots.reserved_units) / lot_shares) AS units) AS share
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(order_lines.units), 0) AS units
                 FROM orders
                 JOIN suborders ON suborders.order_id = orders.id
                 JOIN order_lines ON order_lines.suborder_id = suborders.id AND order_lines.lot_id = line.lot_id
                WHERE orders.buyer_id = unpaid.buyer_id AND orders.waits_for = 'payment') AS held
         WHERE line.units <= lots.available_units AND line.units + unpaid.lot_units > share.units
           AND line.units + held.units > share.units
        UNION ALL
        SELECT party.n, 3, 'share', party.slot_id, greatest(share.units - held.units, 0), NULL
          FROM unpaid
          JOIN (SELECT s.n, s.slot_id, sum(s.party) AS units
                  FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
                 GROUP BY s.n, s.slot_id) AS party ON party.n = unpaid.n AND unpaid.items > free_units
          JOIN slots ON slots.id = party.slot_id
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(r.party), 0) AS reserved,
                      coalesce(sum(r.party) FILTER (WHERE orders.buyer_id = unpaid.buyer_id), 0) AS units
                 FROM slot_reservations r
                 JOIN suborders ON suborders.id = r.suborder_id
                 JOIN orders ON orders.id = suborders.order_id
                WHERE r.slot_id = slots.id AND r.state = 'reserved') AS held
         CROSS JOIN LATERAL (
               SELECT greatest(free_units, (slots.free + held.reserved) / lot_shares) AS units) AS share
         WHERE party.units <= slots.free AND party.units + held.units > share.units)
    SELECT DISTINCT ON (exceeded.n) exceeded.n, exceeded.obstacle, exceeded.lot_id, exceeded.left_units::bigint,
           exceeded.until
      FROM exceeded
     ORDER BY exceeded.n, exceeded.rank, exceeded.lot_id;
END
$$;
