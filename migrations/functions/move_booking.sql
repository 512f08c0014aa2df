-- Package: bookings.
-- Give a booked room other nights, whose prices add up to at most what it cost, and record the price of each; the
-- service may not write these columns itself.
CREATE OR REPLACE FUNCTION move_booking(p_booking uuid, p_room uuid, p_first date, p_prices bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    new_fen bigint := (SELECT sum(fen) FROM unnest(p_prices) AS fen);
BEGIN
    UPDATE bookings
       SET nights = daterange(p_first, p_first + cardinality(p_prices)), room_id = p_room, amount_fen = new_fen
     WHERE id = p_booking AND state = 'booked' AND new_fen <= amount_fen;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'booking % cannot be moved to nights of % fen', p_booking, new_fen USING ERRCODE = 'P0106';
    END IF;
    DELETE FROM booked_nights WHERE booking_id = p_booking;
    INSERT INTO booked_nights (booking_id, night, price_fen)
    SELECT p_booking, p_first + (n - 1)::integer, fen FROM unnest(p_prices) WITH ORDINALITY AS price (fen, n);
END
$$;
REVOKE ALL ON FUNCTION move_booking FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_booking TO market_app;
