-- Package: orders.
-- Check at commit that deposit and balance add up to the order, that the order is one producer's part, and that the
-- deposit is of the goods: it goes back in full, which freight before the balance does not.
CREATE OR REPLACE FUNCTION check_deposit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM orders
                    WHERE id = NEW.order_id AND total_fen = NEW.deposit_fen + NEW.balance_fen
                      AND (SELECT count(*) = 1 AND sum(goods_fen) >= NEW.deposit_fen
                             FROM suborders WHERE order_id = orders.id)) THEN
        RAISE EXCEPTION 'deposit and balance of order % do not add up', NEW.order_id USING ERRCODE = 'P0114';
    END IF;
    RETURN NULL;
END
$$;
