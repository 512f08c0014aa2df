-- What an order holds, so that the limits of a buyer's unpaid orders are checked without their lines;
-- check_order_sums compares it with the lines.
ALTER TABLE orders
    ADD COLUMN items integer NOT NULL DEFAULT 0,
    ADD COLUMN lot_units bigint NOT NULL DEFAULT 0;
UPDATE orders
   SET items = held.items, lot_units = held.lot_units
  FROM (SELECT suborders.order_id, sum(order_lines.quantity) AS items, sum(order_lines.units) AS lot_units
          FROM suborders JOIN order_lines ON order_lines.suborder_id = suborders.id
         GROUP BY suborders.order_id) AS held
 WHERE held.order_id = orders.id;

-- The lookup of a buyer's unpaid orders must not be able to use the index by deadline: while statistics know of no
-- unpaid order, both seem equally cheap, and this one reads the unpaid orders of all buyers.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX orders_to_expire;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_to_expire ON orders (pay_until) WHERE state = 'placed' AND paid_at IS NULL;
