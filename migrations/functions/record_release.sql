-- Package: orders.
-- Record once what a suborder's release booked as owed to the producer and as commission; the service may not write
-- these columns itself. At most what is left of the goods is released.
CREATE OR REPLACE FUNCTION record_release(p_suborder uuid, p_payable_fen bigint, p_commission_fen bigint,
                                          p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_payable_fen + p_commission_fen
       > (SELECT sum(amount_fen - refunded_fen) FROM order_lines WHERE suborder_id = p_suborder) THEN
        RAISE EXCEPTION 'more is released than suborder % has left', p_suborder USING ERRCODE = 'P0105';
    END IF;
    UPDATE suborders SET released_at = p_at, payable_fen = p_payable_fen, commission_fen = p_commission_fen
     WHERE id = p_suborder AND released_at IS NULL;
END
$$;
REVOKE ALL ON FUNCTION record_release FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_release TO market_app;
