-- Package: orders.
-- Return whether somebody else than buyer and seller knows that a suborder was received: its carrier delivered it, or a pickup
-- point handed it over for its code. Of a stay or an activity nobody else knows more than its check-in, which is enough.
CREATE OR REPLACE FUNCTION is_receipt_proven(p_suborder uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM suborders WHERE id = p_suborder AND kind <> 'goods' AND state = 'received')
        OR EXISTS (SELECT FROM tracked_parcels WHERE suborder_id = p_suborder AND state = 'delivered')
        OR EXISTS (SELECT FROM pickups WHERE suborder_id = p_suborder AND state = 'collected');
$$;
