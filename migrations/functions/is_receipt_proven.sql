-- Package: orders.
-- Return whether somebody else than buyer and seller knows that a suborder was received: its carrier delivered it, or the keeper
-- of a pickup point, who is neither of them, handed it over for its code. One number of a carrier is a box for one buyer: that
-- of the suborder which had it first. Of a stay or an activity nobody else knows more than its check-in, which is enough.
CREATE OR REPLACE FUNCTION is_receipt_proven(p_suborder uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM suborders WHERE id = p_suborder AND kind <> 'goods' AND state = 'received')
        OR EXISTS (SELECT FROM tracked_parcels parcel
                     JOIN suborders ON suborders.id = parcel.suborder_id
                     JOIN orders ON orders.id = order_id
                    WHERE parcel.suborder_id = p_suborder AND parcel.state = 'delivered'
                      AND NOT EXISTS (
                          SELECT FROM tracked_parcels earlier
                            JOIN suborders other ON other.id = earlier.suborder_id
                            JOIN orders theirs ON theirs.id = other.order_id
                           WHERE earlier.carrier = parcel.carrier AND earlier.tracking = parcel.tracking
                             AND (earlier.registered_at, earlier.suborder_id) < (parcel.registered_at, parcel.suborder_id)
                             AND theirs.buyer_id <> orders.buyer_id))
        OR EXISTS (SELECT FROM pickups
                     JOIN pickup_points ON pickup_points.id = point_id
                     JOIN suborders ON suborders.id = suborder_id
                     JOIN orders ON orders.id = order_id
                    WHERE suborder_id = p_suborder AND pickups.state = 'collected'
                      AND NOT is_same_person(keeper_id, buyer_id)
                      AND NOT EXISTS (SELECT FROM producer_members m
                                       WHERE m.producer_id = suborders.producer_id
                                         AND is_same_person(m.account_id, keeper_id)));
$$;
