-- Package: orders.
-- Return the lines and the nights of a cart, in the sequence in which they were put there. `put_cart_rows` bounds both.
CREATE OR REPLACE FUNCTION get_cart_contents(owner uuid) RETURNS TABLE (lines jsonb[], nights jsonb[])
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT jsonb_build_object('variant_id', variant_id, 'quantity', quantity, 'slot_id', slot_id)
                   FROM cart_lines
                  WHERE owner_id = owner
                  ORDER BY added_at, variant_id),
           ARRAY(SELECT jsonb_build_object('listing_id', listing_id, 'arrive_on', lower(cart_nights.nights),
                                           'leave_on', upper(cart_nights.nights), 'rooms', rooms)
                   FROM cart_nights
                  WHERE owner_id = owner
                  ORDER BY added_at, listing_id)
$$;
