-- Whether a line was perishable when it was bought: the seller may correct the listing later.
ALTER TABLE order_lines ADD COLUMN perishable boolean NOT NULL DEFAULT true;
UPDATE order_lines SET perishable = false FROM listings WHERE listings.id = listing_id AND NOT listings.perishable;

-- The wider constraints follow in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE line_refunds DROP CONSTRAINT line_refunds_reason;
ALTER TABLE line_refunds ADD CONSTRAINT line_refunds_reason
    CHECK (reason IN ('cancelled', 'bad_fruit', 'agreed', 'not_shipped', 'goods_return')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE line_refunds VALIDATE CONSTRAINT line_refunds_reason;
-- The clock reopens a return whose refund could not be paid.
-- squawk-ignore ban-drop-constraint
ALTER TABLE case_events DROP CONSTRAINT case_events_account_or_clock;
ALTER TABLE case_events ADD CONSTRAINT case_events_account_or_clock
    CHECK (account_id IS NOT NULL OR move IN ('assign', 'escalate', 'reopen', 'close')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE case_events VALIDATE CONSTRAINT case_events_account_or_clock;

INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('goods_return', '[2015-01-01,)', '七天退货', '{seller,finance,platform}', '{hour,working_day,working_day}', '{48,2,2}',
     1, '消费者权益保护法 25');

-- 七天无理由退货: the buyer sends back what is not perishable, and the price of the goods is refunded.
CREATE TABLE goods_returns (
    case_id        uuid PRIMARY KEY,
    category       text NOT NULL DEFAULT 'goods_return' CONSTRAINT goods_returns_category CHECK (category = 'goods_return'),
    suborder_id    uuid NOT NULL CONSTRAINT goods_returns_suborder REFERENCES suborders,
    address_sealed bytea,
    accepted_by    uuid CONSTRAINT goods_returns_accepter REFERENCES accounts,
    accepted_at    timestamptz,
    carrier        text,
    tracking       text,
    sent_at        timestamptz,
    arrived_at     timestamptz,
    CONSTRAINT goods_returns_case FOREIGN KEY (case_id, category) REFERENCES cases (id, category),
    CONSTRAINT goods_returns_accepted CHECK (
        (accepted_at IS NULL) = (accepted_by IS NULL) AND (accepted_at IS NULL) = (address_sealed IS NULL)),
    CONSTRAINT goods_returns_sent CHECK (
        (sent_at IS NULL) = (carrier IS NULL) AND (sent_at IS NULL) = (tracking IS NULL)
        AND (sent_at IS NULL OR accepted_at IS NOT NULL)),
    CONSTRAINT goods_returns_arrived CHECK (arrived_at IS NULL OR sent_at IS NOT NULL)
);
CREATE INDEX goods_returns_by_suborder ON goods_returns (suborder_id);
-- Ids and sums only: other refunds of a line see what a return reserves of it.
CREATE TABLE goods_return_lines (
    case_id    uuid NOT NULL CONSTRAINT goods_return_lines_return REFERENCES goods_returns,
    line_id    uuid NOT NULL CONSTRAINT goods_return_lines_line REFERENCES order_lines,
    quantity   integer NOT NULL CONSTRAINT goods_return_lines_quantity CHECK (quantity >= 1),
    amount_fen bigint NOT NULL CONSTRAINT goods_return_lines_amount CHECK (amount_fen > 0),
    state      text NOT NULL DEFAULT 'open'
               CONSTRAINT goods_return_lines_state CHECK (state IN ('open', 'refunded', 'refused', 'withdrawn')),
    CONSTRAINT goods_return_lines_key PRIMARY KEY (case_id, line_id)
);
CREATE UNIQUE INDEX goods_return_lines_once ON goods_return_lines (line_id) WHERE state <> 'withdrawn';
ALTER TABLE goods_returns ENABLE ROW LEVEL SECURITY;
CREATE POLICY goods_returns_visible ON goods_returns TO market_app
    USING (EXISTS (SELECT FROM cases WHERE cases.id = case_id));
GRANT SELECT, INSERT (case_id, suborder_id),
    UPDATE (address_sealed, accepted_by, accepted_at, carrier, tracking, sent_at, arrived_at) ON goods_returns TO market_app;
GRANT SELECT, INSERT (case_id, line_id, quantity, amount_fen), UPDATE (state) ON goods_return_lines TO market_app;
