-- Package: orders.
-- Place a batch of up to 64 orders in the sequence given, each order completely or not at all.
--
-- `batch` has the lists of `BatchRows`, and the limits of unpaid orders. Each row has the number `n` of its request; a
-- buyer has one request in a batch. The service computed the prices just before; this function decides which requests
-- get the available units, rooms and places, and empties the carts of those. It takes all locks first, in one order
-- (docs/locks.md): buyers, then lots, rooms and slots, each by id. With `skip_locked` it waits for none of them: the
-- requests that need what another transaction holds are not placed.
--
-- Returns a row per request with its order: the new one, or the one placed earlier with the same key. Without an order,
-- `obstacle` is the reason: `closed` (the account of the buyer), `locked`, `voucher`, `gap` (a stay that is shorter than the
-- least fills no gap any more, now that its rooms are locked), a limit of find_exceeded_limits, or null if `item_id` is the
-- lot, stay or slot of which too little is available; `reserved` means that unpaid orders reserve what is missing.
CREATE OR REPLACE FUNCTION place_orders(batch jsonb, skip_locked boolean)
RETURNS TABLE (n integer, fingerprint bytea, id uuid, number bigint, state text, goods_fen bigint, freight_fen bigint,
               discount_fen bigint, total_fen bigint, placed_at timestamptz, pay_until timestamptz, obstacle text,
               item_id uuid, left_units bigint, reserved boolean, until timestamptz)
LANGUAGE plpgsql
-- A session caches plans: those made while the tables are almost empty must not scan them once they have grown.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
-- Whoever holds a lock longer than this is not just another batch; the batch is then repeated without the request.
SET lock_timeout = '300ms' AS $$
#variable_conflict use_column
DECLARE
    need_n        integer[];
    need_lot      uuid[];
    need_units    bigint[];
    lot_ids       uuid[];
    lot_available bigint[];
    stay_ids      uuid[];
    room_ids      uuid[] := '{}';
    slot_ids      uuid[];
    locked_slots  uuid[] := '{}';
    one_by_one    boolean;
    refused       jsonb := '[]';
    undecided     integer[];
    admitted      integer[] := '{}';
    fitting       integer[];
    request_n     integer;
    stay          record;
    taken_rooms   integer;
    made_orders   integer;
    fits          boolean;
BEGIN
    -- Sum the lines of an order that share a lot.
    SELECT coalesce(array_agg(d.n), '{}'), coalesce(array_agg(d.lot_id), '{}'), coalesce(array_agg(d.units), '{}')
      INTO need_n, need_lot, need_units
      FROM (SELECT l.n, l.lot_id, sum(l.units)::bigint AS units
              FROM jsonb_to_recordset(batch -> 'lines') AS l (n integer, lot_id uuid, units bigint)
             WHERE l.lot_id IS NOT NULL
             GROUP BY l.n, l.lot_id) AS d;
    stay_ids := ARRAY(SELECT s.listing_id FROM jsonb_to_recordset(batch -> 'stays') AS s (listing_id uuid));
    slot_ids := ARRAY(SELECT s.slot_id FROM jsonb_to_recordset(batch -> 'slots') AS s (slot_id uuid));
    one_by_one := cardinality(stay_ids) > 0 OR cardinality(slot_ids) > 0;
    -- The lock of a buyer keeps parallel requests from passing the limits of unpaid orders together.
    IF NOT skip_locked THEN
        PERFORM pg_advisory_xact_lock(7004, b.lock)
          FROM (SELECT hashtext(o.buyer_id::text) AS lock
                  FROM jsonb_to_recordset(batch -> 'orders') AS o (buyer_id uuid) ORDER BY 1 OFFSET 0) AS b;
        SELECT coalesce(array_agg(locked.id), '{}'), coalesce(array_agg(locked.available_units), '{}')
          INTO lot_ids, lot_available
          FROM (SELECT lots.id, lots.available_units
                  FROM lots WHERE lots.id = ANY(need_lot) ORDER BY lots.id FOR NO KEY UPDATE) AS locked;
    ELSE
        SELECT coalesce(array_agg(locked.id), '{}'), coalesce(array_agg(locked.available_units), '{}')
          INTO lot_ids, lot_available
          FROM (SELECT lots.id, lots.available_units
                  FROM lots WHERE lots.id = ANY(need_lot) ORDER BY lots.id FOR NO KEY UPDATE SKIP LOCKED) AS locked;
    END IF;
    IF cardinality(stay_ids) > 0 AND skip_locked THEN
        room_ids := ARRAY(SELECT rooms.id FROM rooms WHERE rooms.listing_id = ANY(stay_ids)
                           ORDER BY rooms.id FOR NO KEY UPDATE SKIP LOCKED);
    ELSIF cardinality(stay_ids) > 0 THEN
        room_ids := ARRAY(SELECT rooms.id FROM rooms WHERE rooms.listing_id = ANY(stay_ids)
                           ORDER BY rooms.id FOR NO KEY UPDATE);
    END IF;
    IF cardinality(slot_ids) > 0 AND skip_locked THEN
        locked_slots := ARRAY(SELECT slots.id FROM slots WHERE slots.id = ANY(slot_ids)
                               ORDER BY slots.id FOR NO KEY UPDATE SKIP LOCKED);
    ELSIF cardinality(slot_ids) > 0 THEN
        locked_slots := ARRAY(SELECT slots.id FROM slots WHERE slots.id = ANY(slot_ids)
                               ORDER BY slots.id FOR NO KEY UPDATE);
    END IF;
    IF skip_locked OR one_by_one OR NOT need_lot <@ lot_ids THEN
        SELECT coalesce(jsonb_agg(jsonb_build_object('n', blocked.n, 'obstacle', 'locked', 'item_id', blocked.item_id)),
                        '[]')
          INTO refused
          FROM (SELECT o.n, o.buyer_id AS item_id
                  FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid)
                 WHERE NOT pg_try_advisory_xact_lock(7004, hashtext(o.buyer_id::text))
                UNION ALL
                SELECT d.n, d.lot FROM unnest(need_n, need_lot) AS d (n, lot) WHERE d.lot <> ALL(lot_ids)
                UNION ALL
                SELECT s.n, s.listing_id FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, listing_id uuid)
                 WHERE EXISTS (SELECT FROM rooms r WHERE r.listing_id = s.listing_id AND r.id <> ALL(room_ids))
                UNION ALL
                SELECT s.n, s.slot_id FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid)
                 WHERE s.slot_id <> ALL(locked_slots)
               ) AS blocked;
    END IF;
    -- Who closes the account holds the lock of the buyer until the commit.
    undecided := ARRAY(
        SELECT o.n
          FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid, key text)
         WHERE NOT EXISTS (SELECT FROM orders p WHERE p.buyer_id = o.buyer_id AND p.key = o.key)
           AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = o.buyer_id AND a.closed_at IS NOT NULL)
           AND o.n NOT IN (SELECT r.n FROM jsonb_to_recordset(refused) AS r (n integer))
         ORDER BY o.n);
    -- The lock of the buyer keeps another batch from using the same voucher meanwhile.
    IF jsonb_array_length(batch -> 'redemptions') > 0 THEN
        SELECT refused || coalesce(jsonb_agg(jsonb_build_object('n', r.n, 'obstacle', 'voucher')), '[]') INTO refused
          FROM jsonb_to_recordset(batch -> 'redemptions') AS r (n integer, voucher_id uuid)
          JOIN redemptions used ON used.voucher_id = r.voucher_id AND used.freed_at IS NULL
         WHERE r.n = ANY(undecided);
    END IF;
    SELECT refused || coalesce(jsonb_agg(to_jsonb(exceeded)), '[]') INTO refused
      FROM find_exceeded_limits(batch, undecided) AS exceeded;
    IF jsonb_array_length(refused) > 0 THEN
        undecided := ARRAY(
            SELECT u FROM unnest(undecided) AS u
             WHERE u NOT IN (SELECT r.n FROM jsonb_to_recordset(refused) AS r (n integer)) ORDER BY u);
    END IF;

    -- Decide orders with nights or places one by one: each takes its own before the next is decided.
    FOR request_n IN
        SELECT s.n FROM (SELECT v.n FROM jsonb_to_recordset(batch -> 'stays') AS v (n integer)
                         UNION SELECT v.n FROM jsonb_to_recordset(batch -> 'slots') AS v (n integer)) AS s
         WHERE one_by_one AND s.n = ANY(undecided) ORDER BY s.n
    LOOP
        undecided := array_remove(undecided, request_n);
        fits := NOT EXISTS (
            SELECT FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
              JOIN unnest(lot_ids, lot_available) AS l (id, units) ON l.id = d.lot
             WHERE d.n = request_n AND d.units > l.units)
            AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
              JOIN slots ON slots.id = s.slot_id
             WHERE s.n = request_n AND (slots.state <> 'open' OR s.party > slots.free));
        FOR stay IN
            SELECT s.listing_id, s.arrive, s.leave, daterange(s.arrive, s.leave) AS nights, s.bookings, s.fills_gap
              FROM jsonb_to_recordset(batch -> 'stays')
                   AS s (n integer, listing_id uuid, arrive date, leave date, bookings uuid[], fills_gap boolean)
             WHERE s.n = request_n AND fits
             ORDER BY s.listing_id
        LOOP
            IF stay.fills_gap
               AND NOT fills_gap(stay.listing_id, stay.arrive, stay.leave, (
                       SELECT business_day(o.placed_at)
                         FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, placed_at timestamptz)
                        WHERE o.n = request_n))
               AND EXISTS (SELECT FROM rooms r
                            WHERE r.listing_id = stay.listing_id AND r.open
                              AND NOT EXISTS (SELECT FROM taken_nights t
                                               WHERE t.room_id = r.id AND t.nights && stay.nights)) THEN
                refused := refused || jsonb_build_object('n', request_n, 'obstacle', 'gap', 'item_id', stay.listing_id);
                fits := false;
            END IF;
            CONTINUE WHEN NOT fits;
            INSERT INTO taken_nights (room_id, nights, booking_id)
            SELECT room.id, stay.nights, b.id
              FROM (SELECT r.id, row_number() OVER (ORDER BY r.position) AS index
                      FROM rooms r
                     WHERE r.listing_id = stay.listing_id AND r.open
                       AND NOT EXISTS (SELECT FROM taken_nights t WHERE t.room_id = r.id AND t.nights && stay.nights)
                   ) AS room
              JOIN unnest(stay.bookings) WITH ORDINALITY AS b (id, index) ON b.index = room.index
                ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS taken_rooms = ROW_COUNT;
            fits := fits AND taken_rooms = cardinality(stay.bookings);
        END LOOP;
        IF fits THEN
            admitted := admitted || request_n;
            UPDATE slots SET free = slots.free - s.party
              FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
             WHERE s.n = request_n AND slots.id = s.slot_id;
            lot_available := subtract_order_units(
                lot_ids, lot_available, need_n, need_lot, need_units, ARRAY[request_n]);
        ELSE
            DELETE FROM taken_nights
             WHERE booking_id IN (
                   SELECT unnest(s.bookings) FROM jsonb_to_recordset(batch -> 'stays') AS s (n integer, bookings uuid[])
                    WHERE s.n = request_n);
        END IF;
    END LOOP;

    -- Orders of goods without lots need no units.
    admitted := admitted || ARRAY(SELECT u FROM unnest(undecided) AS u WHERE u <> ALL(need_n));

    -- Decide the other orders in rounds: an order is admitted if, on each of its lots, the running sum of the units
    -- requested up to and including it is available. Orders that lack units even alone are left out; the sums include
    -- orders that lack units because of others, so these are decided again in the next round.
    LOOP
        fitting := ARRAY(
            SELECT r.n
              FROM (SELECT d.n, sum(d.units) OVER (PARTITION BY d.lot ORDER BY d.n) <= l.units AS fits
                      FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
                      JOIN unnest(lot_ids, lot_available) AS l (id, units) ON l.id = d.lot
                     WHERE d.n = ANY(undecided)
                       AND NOT EXISTS (
                           SELECT FROM unnest(need_n, need_lot, need_units) AS alone (n, lot, units)
                             JOIN unnest(lot_ids, lot_available) AS l (id, units) ON l.id = alone.lot
                            WHERE alone.n = d.n AND alone.units > l.units)) AS r
             GROUP BY r.n HAVING bool_and(r.fits));
        admitted := admitted || fitting;
        EXIT WHEN cardinality(fitting) = 0 OR undecided <@ admitted;
        lot_available := subtract_order_units(lot_ids, lot_available, need_n, need_lot, need_units, fitting);
        undecided := ARRAY(SELECT u FROM unnest(undecided) AS u WHERE u <> ALL(fitting));
    END LOOP;

    -- The buyer's lock keeps another batch from placing the same request meanwhile.
    INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen,
                        discount_fen, total_fen, items, lot_units, placed_at, pay_until)
    SELECT o.id, o.buyer_id, o.key, decode(o.fingerprint, 'hex'), o.region_code, decode(o.address, 'hex'),
           o.goods_fen, o.freight_fen, o.discount_fen, o.goods_fen + o.freight_fen - o.discount_fen,
           o.items, o.lot_units, o.placed_at, o.pay_until
      FROM jsonb_to_recordset(batch -> 'orders')
           AS o (n integer, id uuid, buyer_id uuid, key text, fingerprint text, region_code text, address text,
                 goods_fen bigint, freight_fen bigint, discount_fen bigint, items integer, lot_units bigint,
                 placed_at timestamptz, pay_until timestamptz)
     WHERE o.n = ANY(admitted);
    UPDATE lots
       SET available_units = lots.available_units - ordered.units, reserved_units = reserved_units + ordered.units
      FROM (SELECT d.lot, sum(d.units)::integer AS units
              FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units)
             WHERE d.n = ANY(admitted)
             GROUP BY d.lot) AS ordered
     WHERE lots.id = ordered.lot;
    PERFORM write_orders(batch, admitted);
    IF jsonb_array_length(batch -> 'carts') > 0 THEN
        PERFORM delete_cart_rows(batch, admitted);
    END IF;

    RETURN QUERY
        SELECT o.n, made.fingerprint, made.id, made.number, made.state, made.goods_fen, made.freight_fen,
               made.discount_fen, made.total_fen, made.placed_at, made.pay_until, NULL, NULL::uuid, NULL::bigint, false,
               NULL::timestamptz
          FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid, key text)
          JOIN orders made ON made.buyer_id = o.buyer_id AND made.key = o.key;
    GET DIAGNOSTICS made_orders = ROW_COUNT;
    IF made_orders = jsonb_array_length(batch -> 'orders') THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT o.n, NULL::bytea, NULL::uuid, NULL::bigint, NULL, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint,
               NULL::timestamptz, NULL::timestamptz,
               CASE WHEN EXISTS (SELECT FROM accounts a WHERE a.id = o.buyer_id AND a.closed_at IS NOT NULL) THEN 'closed'
                    ELSE refusal.obstacle END,
               coalesce(refusal.item_id, short.lot, full_stay.listing_id, full_slot.id),
               coalesce(refusal.left_units, short.available_units, full_slot.left_places),
               CASE WHEN short.lot IS NOT NULL THEN short.available_units + short.reserved_units >= short.units
                    ELSE coalesce(full_stay.reserved, full_slot.reserved, false) END,
               refusal.until
          FROM jsonb_to_recordset(batch -> 'orders') AS o (n integer, buyer_id uuid, key text)
          LEFT JOIN LATERAL (
               SELECT r.obstacle, r.item_id, r.left_units, r.until
                 FROM jsonb_to_recordset(refused)
                      AS r (n integer, obstacle text, item_id uuid, left_units bigint, until timestamptz)
                WHERE r.n = o.n
                LIMIT 1) AS refusal ON true
          LEFT JOIN LATERAL (
               SELECT d.lot, d.units, lots.available_units, lots.reserved_units
                 FROM unnest(need_n, need_lot, need_units) AS d (n, lot, units) JOIN lots ON lots.id = d.lot
                WHERE refusal.obstacle IS NULL AND d.n = o.n AND d.units > lots.available_units
                ORDER BY lots.available_units + lots.reserved_units >= d.units, d.lot
                LIMIT 1) AS short ON true
          LEFT JOIN LATERAL (
               SELECT s.listing_id,
                      cardinality(s.bookings) <= count(*) FILTER (WHERE NOT EXISTS (
                          SELECT FROM taken_nights t LEFT JOIN bookings b ON b.id = t.booking_id
                           WHERE t.room_id = r.id AND t.nights && daterange(s.arrive, s.leave)
                             AND b.state IS DISTINCT FROM 'reserved')) AS reserved
                 FROM jsonb_to_recordset(batch -> 'stays')
                      AS s (n integer, listing_id uuid, arrive date, leave date, bookings uuid[])
                 LEFT JOIN rooms r ON r.listing_id = s.listing_id AND r.open
                WHERE refusal.obstacle IS NULL AND short.lot IS NULL AND s.n = o.n
                GROUP BY s.listing_id, s.arrive, s.leave, s.bookings
               HAVING cardinality(s.bookings) > count(*) FILTER (WHERE NOT EXISTS (
                          SELECT FROM taken_nights t
                           WHERE t.room_id = r.id AND t.nights && daterange(s.arrive, s.leave)))
                ORDER BY s.listing_id
                LIMIT 1) AS full_stay ON true
          LEFT JOIN LATERAL (
               SELECT slots.id, places.left_places,
                      slots.state = 'open' AND s.party <= places.left_places
                          + (SELECT coalesce(sum(r.party), 0) FROM slot_reservations r
                              WHERE r.slot_id = slots.id AND r.state = 'reserved') AS reserved
                 FROM jsonb_to_recordset(batch -> 'slots') AS s (n integer, slot_id uuid, party integer)
                 JOIN slots ON slots.id = s.slot_id
                CROSS JOIN LATERAL (
                      SELECT CASE WHEN slots.state = 'open' THEN slots.free ELSE 0 END AS left_places) AS places
                WHERE refusal.obstacle IS NULL AND short.lot IS NULL
                  AND full_stay.listing_id IS NULL AND s.n = o.n AND s.party > places.left_places
                ORDER BY slots.id
                LIMIT 1) AS full_slot ON true
         WHERE NOT EXISTS (SELECT FROM orders made WHERE made.buyer_id = o.buyer_id AND made.key = o.key);
END
$$;
