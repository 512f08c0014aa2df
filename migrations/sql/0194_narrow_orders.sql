-- An order is written when it is placed, paid and finished; each time every index of a changed column, or all indexes,
-- got an entry. What the indexes of open orders are about is in columns that finishing does not change, and a page keeps
-- room for the next version, so that it replaces the one before in place.

ALTER TABLE orders SET (fillfactor = 70);
ALTER TABLE suborders SET (fillfactor = 70);

ALTER TABLE orders
    ADD COLUMN waits_for text
        -- squawk-ignore adding-field-with-default
        GENERATED ALWAYS AS (CASE state WHEN 'placed' THEN 'payment' WHEN 'deposited' THEN 'balance' END) STORED,
    ADD COLUMN lapsed_at timestamptz
        -- squawk-ignore adding-field-with-default
        GENERATED ALWAYS AS (CASE WHEN state IN ('expired', 'cancelled') AND paid_at IS NULL THEN closed_at END) STORED;
-- What changes stands before the address, which the log of a change then leaves out.
ALTER TABLE orders ADD COLUMN address bytea;
UPDATE orders SET address = address_sealed;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE orders ALTER COLUMN address SET NOT NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE orders DROP COLUMN address_sealed;
-- squawk-ignore renaming-column
ALTER TABLE orders RENAME COLUMN address TO address_sealed;
GRANT INSERT (address_sealed), UPDATE (address_sealed) ON orders TO market_app;
DROP INDEX orders_unpaid;
DROP INDEX orders_to_expire;
DROP INDEX orders_deposited;
DROP INDEX orders_lapsed;
DROP INDEX orders_paid;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_unpaid ON orders (buyer_id) WHERE waits_for = 'payment';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_to_expire ON orders (pay_until) WHERE waits_for = 'payment' AND paid_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_deposited ON orders (id) WHERE waits_for = 'balance';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_lapsed ON orders (buyer_id, lapsed_at) WHERE lapsed_at IS NOT NULL;

-- The verification of the ledger finds the open orders by their open parts.
DROP INDEX suborders_to_send;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX suborders_open ON suborders (order_id) WHERE state IN ('deposited', 'paid', 'shipped');

-- A part comes to each of its states once.
DROP INDEX suborder_events_by_suborder;
-- squawk-ignore ban-drop-column
ALTER TABLE suborder_events DROP COLUMN id;
-- squawk-ignore adding-serial-primary-key-field
ALTER TABLE suborder_events ADD CONSTRAINT suborder_events_pkey PRIMARY KEY (suborder_id, state);

-- What a claim changes stands side by side at the end of the row, so that its log is short.
ALTER TABLE messages ADD COLUMN tried smallint NOT NULL DEFAULT 0;
UPDATE messages SET tried = attempts, leased_until = coalesce(leased_until, '-infinity');
ALTER TABLE messages ALTER COLUMN leased_until SET DEFAULT '-infinity';
-- squawk-ignore adding-not-nullable-field
ALTER TABLE messages ALTER COLUMN leased_until SET NOT NULL;
-- squawk-ignore ban-drop-column
ALTER TABLE messages DROP COLUMN attempts;
-- squawk-ignore renaming-column
ALTER TABLE messages RENAME COLUMN tried TO attempts;
GRANT UPDATE (attempts) ON messages TO market_app;
