-- Checkout: what up to 64 buyers asked for, decided in the order given, each order wholly or not at all.
--
-- `asked` holds four lists whose rows carry the order's number `n` in the batch: orders, suborders, lines, stays. Sums and
-- prices in them were computed by the service in the same transaction; what is decided here is who gets what is left.
-- Every lock is taken first and in one order (docs/locks.md): lots by id, then rooms by id.
CREATE FUNCTION place_orders(asked jsonb)
RETURNS TABLE (n integer, outcome text, number bigint, lacking uuid, left_units integer, waiting boolean)
LANGUAGE plpgsql
-- Plans are kept for the session: those made while a young market is almost empty must not scan it when it has grown.
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    need_n     integer[];
    need_lot   uuid[];
    need_units bigint[];
    lot_ids    uuid[];
    lot_left   bigint[];
    undecided  integer[];
    admitted   integer[] := '{}';
    fitting    integer[];
    placed     integer[];
    one        integer;
    stay       record;
    got        integer;
    whole      boolean;
BEGIN
    -- Several lines of an order on one lot are one need.
    SELECT coalesce(array_agg(d.n), '{}'), coalesce(array_agg(d.lot_id), '{}'), coalesce(array_agg(d.units), '{}')
      INTO need_n, need_lot, need_units
      FROM (SELECT l.n, l.lot_id, sum(l.units)::bigint AS units
              FROM jsonb_to_recordset(asked -> 'lines') AS l (n integer, lot_id uuid, units bigint)
             WHERE l.lot_id IS NOT NULL
             GROUP BY l.n, l.lot_id) AS d;
    SELECT coalesce(array_agg(held.id), '{}'), coalesce(array_agg(held.left_units), '{}') INTO lot_ids, lot_left
      FROM (SELECT id, left_units FROM lots WHERE id = ANY(need_lot) ORDER BY id FOR NO KEY UPDATE) AS held;
    IF jsonb_array_length(asked -> 'stays') > 0 THEN
        PERFORM FROM rooms
          WHERE listing_id IN (SELECT s.listing_id FROM jsonb_to_recordset(asked -> 'stays') AS s (listing_id uuid))
          ORDER BY id FOR NO KEY UPDATE;
    END IF;
    undecided := ARRAY(
        SELECT o.n
          FROM jsonb_to_recordset(asked -> 'orders') AS o (n integer, buyer_id uuid, key text)
         WHERE NOT EXISTS (SELECT FROM orders p WHERE p.buyer_id = o.buyer_id AND p.key = o.key)
         ORDER BY o.n);

    -- Orders with nights, one after another: rooms are chosen, and taken under the temporal key, before the next looks.
    FOR one IN
        SELECT DISTINCT s.n FROM jsonb_to_recordset(asked -> 'stays') AS s (n integer)
         WHERE s.n = ANY(undecided) ORDER BY s.n
    LOOP
        undecided := array_remove(undecided, one);
        whole := NOT EXISTS (
            SELECT FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
              JOIN unnest(lot_ids, lot_left) AS l (id, units) ON l.id = d.lot
             WHERE d.n = one AND d.units > l.units);
        FOR stay IN
            SELECT s.listing_id, daterange(s.arrive, s.leave) AS nights, s.bookings
              FROM jsonb_to_recordset(asked -> 'stays')
                   AS s (n integer, listing_id uuid, arrive date, leave date, bookings uuid[])
             WHERE s.n = one AND whole
             ORDER BY s.listing_id
        LOOP
            INSERT INTO taken_nights (room_id, nights, booking_id)
            SELECT room.id, stay.nights, b.id
              FROM (SELECT r.id, row_number() OVER (ORDER BY r.position) AS place
                      FROM rooms r
                     WHERE r.listing_id = stay.listing_id AND r.open
                       AND NOT EXISTS (SELECT FROM taken_nights t WHERE t.room_id = r.id AND t.nights && stay.nights)
                   ) AS room
              JOIN unnest(stay.bookings) WITH ORDINALITY AS b (id, place) ON b.place = room.place
                ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS got = ROW_COUNT;
            whole := whole AND got = cardinality(stay.bookings);
        END LOOP;
        IF whole THEN
            admitted := admitted || one;
            lot_left := lots_less(lot_ids, lot_left, need_n, need_lot, need_units, ARRAY[one]);
        ELSE
            DELETE FROM taken_nights
             WHERE booking_id IN (
                   SELECT unnest(s.bookings) FROM jsonb_to_recordset(asked -> 'stays') AS s (n integer, bookings uuid[])
                    WHERE s.n = one);
        END IF;
    END LOOP;

    -- What is not counted in lots (places without a limit) needs nothing.
    admitted := admitted || ARRAY(SELECT u FROM unnest(undecided) AS u WHERE u <> ALL(need_n));

    -- The others all at once: an order is in when the sum of what was asked up to it fits on each of its lots. One that is
    -- refused for another line still stood in those sums, so the refused are looked at again without it, until each of
    -- them would not even fit alone. Each round admits the first of them at least.
    LOOP
        undecided := ARRAY(
            SELECT u FROM unnest(undecided) AS u
             WHERE u = ANY(need_n) AND NOT EXISTS (
                   SELECT FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                     JOIN unnest(lot_ids, lot_left) AS l (id, units) ON l.id = d.lot
                    WHERE d.n = u AND d.units > l.units)
             ORDER BY u);
        EXIT WHEN cardinality(undecided) = 0;
        fitting := ARRAY(
            SELECT r.n
              FROM (SELECT d.n, sum(d.units) OVER (PARTITION BY d.lot ORDER BY d.n) <= l.units AS fits
                      FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                      JOIN unnest(lot_ids, lot_left) AS l (id, units) ON l.id = d.lot
                     WHERE d.n = ANY(undecided)) AS r
             GROUP BY r.n HAVING bool_and(r.fits));
        admitted := admitted || fitting;
        lot_left := lots_less(lot_ids, lot_left, need_n, need_lot, need_units, fitting);
        undecided := ARRAY(SELECT u FROM unnest(undecided) AS u WHERE u <> ALL(fitting));
    END LOOP;

    -- A twin of an order that another batch is placing right now is found here, after it has committed.
    WITH made AS (
        INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen,
                            discount_fen, total_fen, placed_at, pay_until)
        SELECT o.id, o.buyer_id, o.key, decode(o.fingerprint, 'hex'), o.region_code, decode(o.address, 'hex'),
               o.goods_fen, o.freight_fen, o.discount_fen, o.goods_fen + o.freight_fen - o.discount_fen,
               o.placed_at, o.pay_until
          FROM jsonb_to_recordset(asked -> 'orders')
               AS o (n integer, id uuid, buyer_id uuid, key text, fingerprint text, region_code text, address text,
                     goods_fen bigint, freight_fen bigint, discount_fen bigint, placed_at timestamptz,
                     pay_until timestamptz)
         WHERE o.n = ANY(admitted)
         ORDER BY o.buyer_id, o.key
            ON CONFLICT (buyer_id, key) DO NOTHING
        RETURNING id)
    SELECT coalesce(array_agg(o.n), '{}') INTO placed
      FROM made JOIN jsonb_to_recordset(asked -> 'orders') AS o (n integer, id uuid) ON o.id = made.id;
    IF cardinality(placed) < cardinality(admitted) THEN
        DELETE FROM taken_nights
         WHERE booking_id IN (
               SELECT unnest(s.bookings) FROM jsonb_to_recordset(asked -> 'stays') AS s (n integer, bookings uuid[])
                WHERE s.n = ANY(admitted) AND s.n <> ALL(placed));
    END IF;

    UPDATE lots
       SET left_units = lots.left_units - taken.units, waiting_units = waiting_units + taken.units
      FROM (SELECT d.lot, sum(d.units)::integer AS units
              FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
             WHERE d.n = ANY(placed)
             GROUP BY d.lot) AS taken
     WHERE lots.id = taken.lot;
    PERFORM write_orders(asked, placed);

    RETURN QUERY
        SELECT o.n,
               CASE WHEN o.n = ANY(placed) THEN 'placed'
                    WHEN known.id IS NOT NULL THEN 'known'
                    WHEN short.lot IS NOT NULL THEN 'sold_out'
                    ELSE 'nights_taken' END,
               known.number,
               coalesce(short.lot, full_house.listing_id),
               short.left_units,
               CASE WHEN short.lot IS NOT NULL THEN short.left_units + short.waiting_units >= short.units
                    ELSE coalesce(full_house.waiting, false) END
          FROM jsonb_to_recordset(asked -> 'orders') AS o (n integer, buyer_id uuid, key text)
          LEFT JOIN orders known ON known.buyer_id = o.buyer_id AND known.key = o.key
          LEFT JOIN LATERAL (
               SELECT d.lot, d.units, lots.left_units, lots.waiting_units
                 FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units) JOIN lots ON lots.id = d.lot
                WHERE known.id IS NULL AND d.n = o.n AND d.units > lots.left_units
                ORDER BY lots.left_units + lots.waiting_units >= d.units, d.lot
                LIMIT 1) AS short ON true
          LEFT JOIN LATERAL (
               SELECT s.listing_id,
                      cardinality(s.bookings) <= count(*) FILTER (WHERE NOT EXISTS (
                          SELECT FROM taken_nights t LEFT JOIN bookings b ON b.id = t.booking_id
                           WHERE t.room_id = r.id AND t.nights && daterange(s.arrive, s.leave)
                             AND b.state IS DISTINCT FROM 'held')) AS waiting
                 FROM jsonb_to_recordset(asked -> 'stays')
                      AS s (n integer, listing_id uuid, arrive date, leave date, bookings uuid[])
                 LEFT JOIN rooms r ON r.listing_id = s.listing_id AND r.open
                WHERE known.id IS NULL AND short.lot IS NULL AND s.n = o.n
                GROUP BY s.listing_id, s.arrive, s.leave, s.bookings
               HAVING cardinality(s.bookings) > count(*) FILTER (WHERE NOT EXISTS (
                          SELECT FROM taken_nights t
                           WHERE t.room_id = r.id AND t.nights && daterange(s.arrive, s.leave)))
                ORDER BY s.listing_id
                LIMIT 1) AS full_house ON true;
END
$$;

-- What is left of each lot when the needs of the orders `gone` are taken.
CREATE FUNCTION lots_less(lot_ids uuid[], lot_left bigint[], need_n integer[], need_lot uuid[], need_units bigint[],
                          gone integer[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT l.units - coalesce((SELECT sum(d.units) FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                                WHERE d.lot = l.id AND d.n = ANY(gone)), 0)::bigint
      FROM unnest(lot_ids, lot_left) WITH ORDINALITY AS l (id, units, place)
     ORDER BY l.place);

-- The parts of the orders that were placed.
CREATE FUNCTION write_orders(asked jsonb, placed integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, discount_fen, commission_bp)
    SELECT s.id, s.order_id, s.position, s.producer_id, s.kind, s.goods_fen, s.freight_fen, s.discount_fen,
           s.commission_bp
      FROM jsonb_to_recordset(asked -> 'suborders')
           AS s (n integer, id uuid, order_id uuid, position smallint, producer_id uuid, kind text, goods_fen bigint,
                 freight_fen bigint, discount_fen bigint, commission_bp integer)
     WHERE s.n = ANY(placed);
    INSERT INTO order_lines (id, suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen,
                             amount_fen, lot_id, units)
    SELECT l.id, l.suborder_id, l.position, l.listing_id, l.variant_id, l.title, l.unit, l.quantity, l.price_fen,
           l.amount_fen, l.lot_id, l.units
      FROM jsonb_to_recordset(asked -> 'lines')
           AS l (n integer, id uuid, suborder_id uuid, position smallint, listing_id uuid, variant_id uuid, title text,
                 unit text, quantity integer, price_fen bigint, amount_fen bigint, lot_id uuid, units integer)
     WHERE l.n = ANY(placed);
    IF jsonb_array_length(asked -> 'stays') > 0 THEN
        INSERT INTO bookings (id, suborder_id, line_id, listing_id, room_id, nights, amount_fen)
        SELECT t.booking_id, s.suborder_id, s.line_id, s.listing_id, t.room_id, t.nights, s.room_fen
          FROM jsonb_to_recordset(asked -> 'stays')
               AS s (n integer, suborder_id uuid, line_id uuid, listing_id uuid, room_fen bigint, bookings uuid[])
          JOIN taken_nights t ON t.booking_id = ANY(s.bookings)
         WHERE s.n = ANY(placed);
        INSERT INTO booked_nights (booking_id, night, price_fen)
        SELECT booking.id, price.night, price.fen
          FROM jsonb_to_recordset(asked -> 'stays') AS s (n integer, bookings uuid[], prices jsonb)
         CROSS JOIN unnest(s.bookings) AS booking (id)
         CROSS JOIN jsonb_to_recordset(s.prices) AS price (night date, fen bigint)
         WHERE s.n = ANY(placed);
    END IF;
END
$$;
