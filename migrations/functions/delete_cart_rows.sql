-- Package: orders.
-- Delete what was placed from the carts that it was ordered from. A row that its owner is changing at this moment stays.
CREATE OR REPLACE FUNCTION delete_cart_rows(batch jsonb, placed integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cart_lines
     WHERE ctid = ANY(ARRAY(
           SELECT line.ctid
             FROM jsonb_to_recordset(batch -> 'carts') AS cart (n integer, owner_id uuid, items uuid[])
             JOIN cart_lines AS line ON line.owner_id = cart.owner_id AND line.variant_id = ANY(cart.items)
            WHERE cart.n = ANY(placed)
              FOR UPDATE OF line SKIP LOCKED));
    IF jsonb_array_length(batch -> 'stays') > 0 THEN
        DELETE FROM cart_nights
         WHERE ctid = ANY(ARRAY(
               SELECT stay.ctid
                 FROM jsonb_to_recordset(batch -> 'carts') AS cart (n integer, owner_id uuid, items uuid[])
                 JOIN cart_nights AS stay ON stay.owner_id = cart.owner_id AND stay.listing_id = ANY(cart.items)
                WHERE cart.n = ANY(placed)
                  FOR UPDATE OF stay SKIP LOCKED));
    END IF;
END
$$;
