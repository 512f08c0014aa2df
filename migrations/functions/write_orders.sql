-- Package: orders.
-- Insert the suborders, lines, weights, deposits, bookings, nights and places of the placed orders, the parts of
-- their packages, and redeem their vouchers.
CREATE OR REPLACE FUNCTION write_orders(batch jsonb, placed integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, discount_fen,
                           commission_bp)
    SELECT s.id, s.order_id, s.position, s.producer_id, s.kind, s.goods_fen, s.freight_fen, s.discount_fen,
           s.commission_bp
      FROM jsonb_to_recordset(batch -> 'suborders')
           AS s (n integer, id uuid, order_id uuid, position smallint, producer_id uuid, kind text, goods_fen bigint,
                 freight_fen bigint, discount_fen bigint, commission_bp integer)
     WHERE s.n = ANY(placed);
    INSERT INTO order_lines (id, suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen,
                             amount_fen, reduction_fen, lot_id, units, perishable, price_basis)
    SELECT l.id, l.suborder_id, l.position, l.listing_id, l.variant_id, l.title, l.unit, l.quantity, l.price_fen,
           l.amount_fen, l.reduction_fen, l.lot_id, l.units, listings.perishable,
           coalesce(l.price_basis, 'unit')
      FROM jsonb_to_recordset(batch -> 'lines')
           AS l (n integer, id uuid, suborder_id uuid, position smallint, listing_id uuid, variant_id uuid, title text,
                 unit text, quantity integer, price_fen bigint, amount_fen bigint, reduction_fen bigint, lot_id uuid,
                 units integer, price_basis text)
      JOIN listings ON listings.id = l.listing_id
     WHERE l.n = ANY(placed);
    IF jsonb_array_length(batch -> 'weights') > 0 THEN
        INSERT INTO catch_weights (line_id, unit_g, ceiling_g)
        SELECT w.line_id, w.unit_g, w.ceiling_g
          FROM jsonb_to_recordset(batch -> 'weights') AS w (n integer, line_id uuid, unit_g integer, ceiling_g bigint)
         WHERE w.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'windows') > 0 THEN
        INSERT INTO sending_windows (suborder_id, send_from, send_until)
        SELECT w.suborder_id, w.send_from, w.send_until
          FROM jsonb_to_recordset(batch -> 'windows') AS w (n integer, suborder_id uuid, send_from date, send_until date)
         WHERE w.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'deposits') > 0 THEN
        INSERT INTO deposits (order_id, deposit_fen, balance_fen, balance_from, balance_until)
        SELECT d.order_id, d.deposit_fen, d.balance_fen, d.balance_from, d.balance_until
          FROM jsonb_to_recordset(batch -> 'deposits')
               AS d (n integer, order_id uuid, deposit_fen bigint, balance_fen bigint, balance_from date,
                     balance_until date)
         WHERE d.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'stays') > 0 THEN
        INSERT INTO bookings (id, suborder_id, line_id, listing_id, room_id, nights, amount_fen)
        SELECT t.booking_id, s.suborder_id, s.line_id, s.listing_id, t.room_id, t.nights, s.room_fen
          FROM jsonb_to_recordset(batch -> 'stays')
               AS s (n integer, suborder_id uuid, line_id uuid, listing_id uuid, room_fen bigint, bookings uuid[])
          JOIN taken_nights t ON t.booking_id = ANY(s.bookings)
         WHERE s.n = ANY(placed);
        INSERT INTO booked_nights (booking_id, night, price_fen)
        SELECT booking.id, price.night, price.fen
          FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, bookings uuid[], prices jsonb)
         CROSS JOIN unnest(s.bookings) AS booking (id)
         CROSS JOIN jsonb_to_recordset(s.prices) AS price (night date, fen bigint)
         WHERE s.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'slots') > 0 THEN
        INSERT INTO slot_reservations (slot_id, suborder_id, party)
        SELECT s.slot_id, s.suborder_id, s.party
          FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, suborder_id uuid, slot_id uuid, party integer)
         WHERE s.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'packages') > 0 THEN
        INSERT INTO package_orders (order_id, package_id, count, price_fen, arrive_on)
        SELECT p.order_id, p.package_id, p.count, p.price_fen, p.arrive_on
          FROM jsonb_to_recordset(batch -> 'packages')
               AS p (n integer, order_id uuid, package_id uuid, count smallint, price_fen bigint, arrive_on date)
         WHERE p.n = ANY(placed);
        INSERT INTO package_lines (line_id, order_id, package_id, position, packages)
        SELECT l.line_id, p.order_id, p.package_id, l.position, l.packages
          FROM jsonb_to_recordset(batch -> 'package_lines')
               AS l (n integer, line_id uuid, position smallint, packages smallint)
          JOIN jsonb_to_recordset(batch -> 'packages') AS p (n integer, order_id uuid, package_id uuid) ON p.n = l.n
         WHERE l.n = ANY(placed);
    END IF;
    IF jsonb_array_length(batch -> 'redemptions') > 0 THEN
        INSERT INTO redemptions (order_id, voucher_id, discount_fen, redeemed_at)
        SELECT r.order_id, r.voucher_id, r.discount_fen, r.redeemed_at
          FROM jsonb_to_recordset(batch -> 'redemptions')
               AS r (n integer, order_id uuid, voucher_id uuid, discount_fen bigint, redeemed_at timestamptz)
         WHERE r.n = ANY(placed);
    END IF;
END
$$;
