-- Package: orders.
-- Whether two people recorded under one number that a transfer paid an order, or one of its refunds. The operator of the system at
-- the command line is a person of no account.
CREATE OR REPLACE FUNCTION is_found_by_two(p_order uuid, p_refund uuid, p_reference text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM transfer_records one
          JOIN transfer_records other ON other.order_id = one.order_id AND other.reference = one.reference AND other.id > one.id
                                     AND other.refund_id IS NOT DISTINCT FROM one.refund_id
         WHERE one.order_id = p_order AND one.reference = p_reference AND one.refund_id IS NOT DISTINCT FROM p_refund
           AND CASE WHEN one.recorded_by IS NULL OR other.recorded_by IS NULL
                    THEN one.recorded_by IS DISTINCT FROM other.recorded_by
                    ELSE NOT is_same_person(one.recorded_by, other.recorded_by) END)
$$;
REVOKE ALL ON FUNCTION is_found_by_two FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_found_by_two TO market_app;
