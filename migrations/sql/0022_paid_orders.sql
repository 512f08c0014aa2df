-- The verification of the ledger reads the orders that are open.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_paid ON orders (id) WHERE state = 'paid';
