-- 预售: a product that is sold before its harvest. The deposit is for one item; the balance is paid from the first to the
-- last day; the parcel is sent in its window.
CREATE TABLE presales (
    listing_id    uuid PRIMARY KEY CONSTRAINT presales_listing REFERENCES listings,
    deposit_fen   bigint NOT NULL CONSTRAINT presales_deposit CHECK (deposit_fen BETWEEN 1 AND 100000000),
    balance_from  date NOT NULL,
    balance_until date NOT NULL,
    send_from     date NOT NULL,
    send_until    date NOT NULL,
    CONSTRAINT presales_balance CHECK (balance_until BETWEEN balance_from AND balance_from + 60),
    CONSTRAINT presales_sending CHECK (
        send_from >= balance_from AND send_until >= balance_until AND send_until BETWEEN send_from AND send_from + 60)
);
GRANT SELECT, INSERT, DELETE, UPDATE (deposit_fen, balance_from, balance_until, send_from, send_until)
    ON presales TO market_app;

-- The parcel of a pre-sale is sent in its window, as it was when the order was placed.
CREATE TABLE sending_windows (
    suborder_id uuid PRIMARY KEY CONSTRAINT sending_windows_suborder REFERENCES suborders,
    send_from   date NOT NULL,
    send_until  date NOT NULL,
    CONSTRAINT sending_windows_days CHECK (send_until >= send_from)
);
GRANT SELECT, INSERT ON sending_windows TO market_app;

-- An order that is paid in two parts: the deposit when it is placed, the balance in its window.
CREATE TABLE deposits (
    order_id      uuid PRIMARY KEY CONSTRAINT deposits_order REFERENCES orders,
    deposit_fen   bigint NOT NULL CONSTRAINT deposits_deposit CHECK (deposit_fen > 0),
    balance_fen   bigint NOT NULL CONSTRAINT deposits_balance CHECK (balance_fen > 0),
    balance_from  date NOT NULL,
    balance_until date NOT NULL,
    deposited_at  timestamptz,
    reminders     smallint NOT NULL DEFAULT 0 CONSTRAINT deposits_reminders CHECK (reminders BETWEEN 0 AND 2),
    CONSTRAINT deposits_days CHECK (balance_until >= balance_from)
);
GRANT SELECT, INSERT (order_id, deposit_fen, balance_fen, balance_from, balance_until), UPDATE (deposited_at, reminders)
    ON deposits TO market_app;

-- The wider constraints follow in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE orders DROP CONSTRAINT orders_state;
ALTER TABLE orders ADD CONSTRAINT orders_state
    CHECK (state IN ('placed', 'deposited', 'paid', 'finished', 'cancelled', 'expired')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE orders VALIDATE CONSTRAINT orders_state;
-- squawk-ignore ban-drop-constraint
ALTER TABLE suborders DROP CONSTRAINT suborders_state;
ALTER TABLE suborders ADD CONSTRAINT suborders_state
    CHECK (state IN ('placed', 'deposited', 'paid', 'shipped', 'received', 'cancelled', 'expired')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE suborders VALIDATE CONSTRAINT suborders_state;
-- A few hundred orders at a time, of none today.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_deposited ON orders (id) WHERE state = 'deposited';
-- squawk-ignore ban-drop-constraint
ALTER TABLE line_refunds DROP CONSTRAINT line_refunds_reason;
ALTER TABLE line_refunds ADD CONSTRAINT line_refunds_reason CHECK (reason IN (
    'cancelled', 'bad_fruit', 'agreed', 'not_shipped', 'goods_return', 'changed', 'weighed', 'lost', 'not_collected',
    'balance_unpaid')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE line_refunds VALIDATE CONSTRAINT line_refunds_reason;
