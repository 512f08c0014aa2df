-- The parts of an order are compared with it when it is placed; none is added afterwards. The service cannot say when that
-- was (`xmin` would be another one in a savepoint, and after each update).
-- squawk-ignore adding-field-with-default
ALTER TABLE orders ADD COLUMN placed_in xid8 NOT NULL DEFAULT pg_current_xact_id();
REVOKE INSERT ON orders FROM market_app;
GRANT INSERT (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen, discount_fen,
    total_fen, items, lot_units, placed_at, pay_until) ON orders TO market_app;

CREATE TRIGGER suborders_of_a_new_order AFTER INSERT ON suborders REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_placed_order();
CREATE TRIGGER order_lines_of_a_new_order AFTER INSERT ON order_lines REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_placed_order();
