-- Package: orders.
-- Set the quantities of some variants and the rooms of some stays in a cart, and return what it contains then.
--
-- Zero removes a line or a stay. With `whole` all others are removed too, of lines unless `variant_ids` is null, of
-- stays unless `listing_ids` is. The cart has one slot of an activity: another one replaces it, and a line without a
-- slot keeps it. Nothing is written if there is an `obstacle`: `line` or `stay`, of which one does not exist, or `size`,
-- because the cart would contain more of them than `max_lines` or `max_stays`.
CREATE OR REPLACE FUNCTION put_cart_rows(
    owner uuid, whole boolean,
    variant_ids uuid[], quantities integer[], slot_ids uuid[],
    listing_ids uuid[], arrivals date[], departures date[], room_counts integer[],
    max_lines integer, max_stays integer, at timestamptz)
RETURNS TABLE (obstacle text, lines jsonb[], nights jsonb[])
LANGUAGE plpgsql
-- See place_orders.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    wanted integer;
    known  integer;
    kept   integer;
BEGIN
    -- Each statement below sees what was committed before the lock was granted.
    PERFORM lock_quota('cart', owner);
    IF variant_ids IS NOT NULL THEN
        SELECT count(*) FILTER (WHERE request.quantity > 0),
               count(*) FILTER (WHERE request.quantity > 0 AND listings.kind <> 'stay')
          INTO wanted, known
          FROM unnest(variant_ids, quantities) AS request (variant_id, quantity)
          LEFT JOIN variants ON variants.id = request.variant_id
          LEFT JOIN listings ON listings.id = variants.listing_id;
        SELECT count(*) INTO kept
          FROM cart_lines WHERE owner_id = owner AND NOT whole AND variant_id <> ALL(variant_ids);
        obstacle := CASE WHEN known < wanted THEN 'line' WHEN wanted + kept > max_lines THEN 'size' END;
    END IF;
    IF listing_ids IS NOT NULL AND obstacle IS NULL THEN
        SELECT count(*) FILTER (WHERE request.rooms > 0),
               count(*) FILTER (WHERE request.rooms > 0 AND listings.kind = 'stay')
          INTO wanted, known
          FROM unnest(listing_ids, room_counts) AS request (listing_id, rooms)
          LEFT JOIN listings ON listings.id = request.listing_id;
        SELECT count(*) INTO kept
          FROM cart_nights WHERE owner_id = owner AND NOT whole AND listing_id <> ALL(listing_ids);
        obstacle := CASE WHEN known < wanted THEN 'stay' WHEN wanted + kept > max_stays THEN 'size' END;
    END IF;
    IF obstacle IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;

    IF variant_ids IS NOT NULL THEN
        IF whole OR 0 = ANY(quantities) THEN
            DELETE FROM cart_lines
             WHERE owner_id = owner
               AND coalesce((SELECT request.quantity
                               FROM unnest(variant_ids, quantities) AS request (variant_id, quantity)
                              WHERE request.variant_id = cart_lines.variant_id),
                            CASE WHEN whole THEN 0 ELSE 1 END) = 0;
        END IF;
        INSERT INTO cart_lines AS line (owner_id, variant_id, quantity, slot_id, added_at)
        SELECT owner, request.variant_id, request.quantity, slots.id, at
          FROM unnest(variant_ids, quantities, slot_ids) AS request (variant_id, quantity, slot_id)
          LEFT JOIN slots ON slots.id = request.slot_id
                 AND slots.listing_id = (SELECT listing_id FROM variants WHERE variants.id = request.variant_id)
         WHERE request.quantity > 0
            ON CONFLICT ON CONSTRAINT cart_lines_unique DO UPDATE
               SET quantity = excluded.quantity, slot_id = coalesce(excluded.slot_id, line.slot_id);
    END IF;
    IF listing_ids IS NOT NULL THEN
        IF whole OR 0 = ANY(room_counts) THEN
            DELETE FROM cart_nights
             WHERE owner_id = owner
               AND coalesce((SELECT request.rooms
                               FROM unnest(listing_ids, room_counts) AS request (listing_id, rooms)
                              WHERE request.listing_id = cart_nights.listing_id),
                            CASE WHEN whole THEN 0 ELSE 1 END) = 0;
        END IF;
        INSERT INTO cart_nights (owner_id, listing_id, nights, rooms, added_at)
        SELECT owner, request.listing_id, daterange(request.arrival, request.departure), request.rooms, at
          FROM unnest(listing_ids, arrivals, departures, room_counts)
               AS request (listing_id, arrival, departure, rooms)
         WHERE request.rooms > 0
            ON CONFLICT ON CONSTRAINT cart_nights_unique DO UPDATE
               SET nights = excluded.nights, rooms = excluded.rooms;
    END IF;
    RETURN QUERY SELECT NULL, contents.lines, contents.nights FROM get_cart_contents(owner) AS contents;
END
$$;
