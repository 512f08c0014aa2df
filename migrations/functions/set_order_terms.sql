-- Package: orders.
-- Let an unpaid order be paid after acceptance: requested first, then by contract. The channel of public units takes no
-- commission. Returns whether the order allowed it.
CREATE OR REPLACE FUNCTION set_order_terms(p_order uuid, p_terms text, p_until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE orders SET terms = p_terms, pay_until = p_until
     WHERE id = p_order AND state = 'placed'
       AND (terms, p_terms) IN (('prepaid', 'requested'), ('requested', 'requested'), ('requested', 'contract'));
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE suborders SET commission_bp = 0 WHERE order_id = p_order AND commission_bp <> 0;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION set_order_terms FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_order_terms TO market_app;
