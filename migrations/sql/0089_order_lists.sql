-- A seller's sales by id: market/sales/orders/list_sales.py walks it from the end. It is built in a second at a hundred thousand.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX suborders_of_producer ON suborders (producer_id, id);
