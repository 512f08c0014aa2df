CREATE TABLE cart_lines (
    owner_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    quantity integer NOT NULL,
    added_at timestamptz NOT NULL,
    slot_id uuid,
    CONSTRAINT cart_lines_quantity CHECK (quantity BETWEEN 1 AND 9999),
    CONSTRAINT cart_lines_unique PRIMARY KEY (owner_id, variant_id),
    CONSTRAINT cart_lines_slot FOREIGN KEY (slot_id) REFERENCES slots(id),
    CONSTRAINT cart_lines_variant FOREIGN KEY (variant_id) REFERENCES variants(id)
);
GRANT SELECT, INSERT, DELETE, UPDATE (quantity, slot_id) ON cart_lines TO market_app;
COMMENT ON COLUMN cart_lines.owner_id IS 'an account, or a device before signing in';

CREATE TABLE cart_nights (
    owner_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    nights daterange NOT NULL,
    rooms smallint NOT NULL DEFAULT 1,
    added_at timestamptz NOT NULL,
    CONSTRAINT cart_nights_count CHECK (((upper(nights) - lower(nights)) >= 1)
        AND ((upper(nights) - lower(nights)) <= 30)),
    CONSTRAINT cart_nights_rooms CHECK (rooms BETWEEN 1 AND 20),
    CONSTRAINT cart_nights_unique PRIMARY KEY (owner_id, listing_id),
    CONSTRAINT cart_nights_listing FOREIGN KEY (listing_id) REFERENCES listings(id)
);
GRANT SELECT, INSERT, DELETE, UPDATE (nights, rooms) ON cart_nights TO market_app;
COMMENT ON COLUMN cart_nights.owner_id IS 'an account, or a device before signing in';

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    buyer_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL DEFAULT 'placed',
    region_code text NOT NULL,
    goods_fen bigint NOT NULL,
    freight_fen bigint NOT NULL,
    discount_fen bigint NOT NULL DEFAULT 0,
    total_fen bigint NOT NULL,
    method text,
    placed_at timestamptz NOT NULL,
    pay_until timestamptz NOT NULL,
    paid_at timestamptz,
    closed_at timestamptz,
    -- What an order holds, so that the limits of a buyer's unpaid orders are checked without their lines;
    -- check_order_sums compares it with the lines.
    items integer NOT NULL DEFAULT 0,
    lot_units bigint NOT NULL DEFAULT 0,
    -- The parts of an order are compared with it when it is placed; none is added afterwards. The service cannot say
    -- when that was (`xmin` would be another one in a savepoint, and after each update).
    placed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- How an order is paid: before anything is sent, or after acceptance by the contract of a public unit. A requested
    -- one waits for the unit's approver and the seller and expires like any other; a contract neither expires nor is
    -- cancelled by silence.
    terms text NOT NULL DEFAULT 'prepaid',
    refused_fen bigint NOT NULL DEFAULT 0,
    -- An order is charged in CNY, whatever its buyer was shown. Source: 外汇管理条例 8.
    currency text NOT NULL DEFAULT 'CNY',
    waits_for text GENERATED ALWAYS AS (
CASE state
    WHEN 'placed' THEN 'payment'
    WHEN 'deposited' THEN 'balance'
    ELSE NULL::text
END) STORED,
    lapsed_at timestamptz GENERATED ALWAYS AS (
CASE
    WHEN ((state IN ('expired', 'cancelled'))
        AND (paid_at IS NULL)) THEN closed_at
    ELSE NULL::timestamptz
END) STORED,
    address_sealed bytea NOT NULL,
    CONSTRAINT orders_discount CHECK (discount_fen BETWEEN 0 AND goods_fen),
    CONSTRAINT orders_freight CHECK (freight_fen >= 0),
    CONSTRAINT orders_goods CHECK (goods_fen >= 0),
    CONSTRAINT orders_in_cny CHECK (currency = 'CNY'),
    CONSTRAINT orders_key_length CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT orders_method CHECK (method IN ('alipay', 'wechat', 'bank')),
    CONSTRAINT orders_refused CHECK ((refused_fen BETWEEN 0 AND total_fen) AND ((refused_fen = 0)
        OR (terms = 'contract'))),
    CONSTRAINT orders_region CHECK (region_code ~ '^[0-9]{6}$'),
    CONSTRAINT orders_state CHECK (state IN ('placed', 'deposited', 'paid', 'finished', 'cancelled', 'expired')),
    CONSTRAINT orders_terms CHECK (terms IN ('prepaid', 'requested', 'contract')),
    CONSTRAINT orders_total CHECK ((total_fen = ((goods_fen + freight_fen) - discount_fen)) AND (total_fen > 0)),
    CONSTRAINT orders_number UNIQUE (number),
    CONSTRAINT orders_unique UNIQUE (buyer_id, key),
    CONSTRAINT orders_buyer FOREIGN KEY (buyer_id) REFERENCES accounts(id)
) WITH (fillfactor='70');
CREATE INDEX orders_by_buyer ON orders (buyer_id, number DESC);
CREATE INDEX orders_deposited ON orders (id) WHERE (waits_for = 'balance');
CREATE INDEX orders_lapsed ON orders (buyer_id, lapsed_at) WHERE (lapsed_at IS NOT NULL);
CREATE INDEX orders_to_expire ON orders (pay_until) WHERE ((waits_for = 'payment') AND (paid_at IS NULL));
CREATE INDEX orders_unpaid ON orders (buyer_id) WHERE (waits_for = 'payment');
-- An invoice may be asked for when the order is placed; it is due once the order is paid.
CREATE TRIGGER orders_invoiced AFTER UPDATE OF paid_at ON orders FOR EACH ROW WHEN (((old.paid_at IS NULL)
    AND (new.paid_at IS NOT NULL))) EXECUTE FUNCTION mark_order_invoices();
CREATE CONSTRAINT TRIGGER orders_sum_up AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_order_sums();
GRANT SELECT, INSERT (id, buyer_id, key, fingerprint, region_code, goods_fen, freight_fen, discount_fen, total_fen,
    placed_at, pay_until, items, lot_units, address_sealed), UPDATE (key, state, method, paid_at, closed_at,
    address_sealed) ON orders TO market_app;
COMMENT ON COLUMN orders.refused_fen IS 'What the buyer did not accept, and so never pays.';

-- An order that is paid in two parts: the deposit when it is placed, the balance in its window.
CREATE TABLE deposits (
    order_id uuid PRIMARY KEY,
    deposit_fen bigint NOT NULL,
    balance_fen bigint NOT NULL,
    balance_from date NOT NULL,
    balance_until date NOT NULL,
    deposited_at timestamptz,
    reminders smallint NOT NULL DEFAULT 0,
    CONSTRAINT deposits_balance CHECK (balance_fen > 0),
    CONSTRAINT deposits_days CHECK (balance_until >= balance_from),
    CONSTRAINT deposits_deposit CHECK (deposit_fen > 0),
    CONSTRAINT deposits_reminders CHECK (reminders BETWEEN 0 AND 2),
    CONSTRAINT deposits_order FOREIGN KEY (order_id) REFERENCES orders(id)
);
CREATE CONSTRAINT TRIGGER deposits_sum_up AFTER INSERT ON deposits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_deposit();
GRANT SELECT, INSERT (order_id, deposit_fen, balance_fen, balance_from, balance_until), UPDATE (deposited_at,
    reminders) ON deposits TO market_app;

-- An order that was placed as so many packages, and which of its lines is which part.
CREATE TABLE package_orders (
    order_id uuid PRIMARY KEY,
    package_id uuid NOT NULL,
    count smallint NOT NULL,
    price_fen bigint NOT NULL,
    arrive_on date,
    CONSTRAINT package_orders_count CHECK (count BETWEEN 1 AND 20),
    CONSTRAINT package_orders_price CHECK (price_fen > 0),
    CONSTRAINT package_orders_order FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT package_orders_package FOREIGN KEY (package_id) REFERENCES packages(id)
);
CREATE INDEX package_orders_by_package ON package_orders (package_id);
CREATE CONSTRAINT TRIGGER package_orders_sum_up AFTER INSERT ON package_orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_package_order();
GRANT SELECT, INSERT ON package_orders TO market_app;

-- A voucher used for an order; freed when the order ends unpaid. It is used for one order at a time.
CREATE TABLE redemptions (
    order_id uuid PRIMARY KEY,
    voucher_id uuid NOT NULL,
    discount_fen bigint NOT NULL,
    redeemed_at timestamptz NOT NULL,
    freed_at timestamptz,
    CONSTRAINT redemptions_discount CHECK (discount_fen > 0),
    CONSTRAINT redemptions_freed CHECK (freed_at >= redeemed_at),
    CONSTRAINT redemptions_order FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT redemptions_voucher FOREIGN KEY (voucher_id) REFERENCES vouchers(id)
);
CREATE UNIQUE INDEX redemptions_one_use ON redemptions (voucher_id) WHERE (freed_at IS NULL);
GRANT SELECT, INSERT (order_id, voucher_id, discount_fen, redeemed_at),
    UPDATE (freed_at) ON redemptions TO market_app;

CREATE TABLE suborders (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    "position" smallint NOT NULL,
    producer_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'placed',
    goods_fen bigint NOT NULL,
    freight_fen bigint NOT NULL,
    discount_fen bigint NOT NULL DEFAULT 0,
    refunded_fen bigint NOT NULL DEFAULT 0,
    commission_bp integer NOT NULL,
    carrier text,
    tracking text,
    shipped_at timestamptz,
    received_at timestamptz,
    closed_at timestamptz,
    released_at timestamptz,
    payable_fen bigint,
    commission_fen bigint,
    -- What a lost dispute took of a suborder's money: it went back to the buyer without a refund.
    lost_fen bigint NOT NULL DEFAULT 0,
    CONSTRAINT suborders_commission CHECK (commission_bp BETWEEN 0 AND 10000),
    CONSTRAINT suborders_commission_amount CHECK (commission_fen >= 0),
    CONSTRAINT suborders_discount CHECK (discount_fen BETWEEN 0 AND goods_fen),
    CONSTRAINT suborders_freight CHECK (freight_fen >= 0),
    CONSTRAINT suborders_goods CHECK (goods_fen >= 0),
    CONSTRAINT suborders_kind CHECK (kind IN ('goods', 'stay', 'activity')),
    CONSTRAINT suborders_lost CHECK ((lost_fen >= 0) AND (lost_fen <= (goods_fen + freight_fen))),
    CONSTRAINT suborders_payable CHECK (payable_fen >= 0),
    CONSTRAINT suborders_refund CHECK ((refunded_fen >= 0)
        AND (refunded_fen <= ((goods_fen + freight_fen) - discount_fen))),
    CONSTRAINT suborders_release_complete CHECK (((released_at IS NULL) = (payable_fen IS NULL))
        AND ((released_at IS NULL) = (commission_fen IS NULL))),
    CONSTRAINT suborders_released_after_end CHECK ((released_at IS NULL) OR (state IN ('received', 'cancelled'))),
    CONSTRAINT suborders_state
        CHECK (state IN ('placed', 'deposited', 'paid', 'shipped', 'received', 'cancelled', 'expired')),
    CONSTRAINT suborders_tracking_complete CHECK ((carrier IS NULL) = (tracking IS NULL)),
    CONSTRAINT suborders_tracking_length CHECK (length(tracking) BETWEEN 4 AND 40),
    CONSTRAINT suborders_position_unique UNIQUE (order_id, "position"),
    CONSTRAINT suborders_order FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT suborders_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
) WITH (fillfactor='70');
CREATE INDEX suborders_by_producer ON suborders (producer_id, state, id);
CREATE INDEX suborders_in_transit ON suborders (shipped_at) WHERE (state = 'shipped');
-- A seller's sales by id: market/sales/orders/list_sales.py walks it from the end.
CREATE INDEX suborders_of_producer ON suborders (producer_id, id);
CREATE INDEX suborders_open ON suborders (order_id) WHERE (state IN ('deposited', 'paid', 'shipped'));
CREATE INDEX suborders_received ON suborders (producer_id, received_at) WHERE ((state = 'received')
    AND (kind = 'goods'));
CREATE TRIGGER suborders_invoiced AFTER UPDATE OF refunded_fen ON suborders
    FOR EACH ROW WHEN ((new.refunded_fen <> old.refunded_fen)) EXECUTE FUNCTION mark_invoice_changed();
CREATE TRIGGER suborders_lost_invoiced AFTER UPDATE OF lost_fen ON suborders
    FOR EACH ROW WHEN ((new.lost_fen <> old.lost_fen)) EXECUTE FUNCTION mark_invoice_changed();
CREATE TRIGGER suborders_of_a_new_order AFTER INSERT ON suborders REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_placed_order();
CREATE TRIGGER suborders_payable_changed AFTER UPDATE OF payable_fen ON suborders
    FOR EACH ROW WHEN ((old.payable_fen IS DISTINCT FROM new.payable_fen)) EXECUTE FUNCTION note_payable_change();
CREATE TRIGGER suborders_quota AFTER UPDATE OF refunded_fen ON suborders
    FOR EACH ROW WHEN ((new.refunded_fen <> old.refunded_fen)) EXECUTE FUNCTION restore_quota();
CREATE TRIGGER suborders_weighed BEFORE UPDATE OF state ON suborders
    FOR EACH ROW WHEN (((new.state = ANY (ARRAY['shipped', 'received'])) AND (old.state = 'paid')))
    EXECUTE FUNCTION require_weights();
CREATE CONSTRAINT TRIGGER suborders_with_slot AFTER INSERT ON suborders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((new.kind = 'activity')) EXECUTE FUNCTION check_activity_slot();
GRANT SELECT, INSERT, UPDATE (state, carrier, tracking, shipped_at, received_at, closed_at,
    lost_fen) ON suborders TO market_app;
COMMENT ON COLUMN suborders.payable_fen IS 'the producer''s share of the goods at the release of escrow, less later refunds';

CREATE TABLE order_lines (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    "position" smallint NOT NULL,
    listing_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    title text NOT NULL,
    unit text NOT NULL,
    quantity integer NOT NULL,
    price_fen bigint NOT NULL,
    amount_fen bigint NOT NULL,
    lot_id uuid,
    units integer NOT NULL DEFAULT 0,
    refunded_fen bigint NOT NULL DEFAULT 0,
    -- Whether a line was perishable when it was bought: the seller may correct the listing later.
    perishable boolean NOT NULL DEFAULT true,
    -- What a coupon that the producer bears took off a line; `amount_fen` is what is left.
    reduction_fen bigint NOT NULL DEFAULT 0,
    price_basis text NOT NULL DEFAULT 'unit',
    CONSTRAINT order_lines_price CHECK (price_fen > 0),
    CONSTRAINT order_lines_price_basis CHECK (price_basis IN ('unit', 'tier', 'public', 'package')),
    CONSTRAINT order_lines_quantity CHECK (quantity BETWEEN 1 AND 9999),
    CONSTRAINT order_lines_reduction CHECK ((reduction_fen >= 0) AND (amount_fen >= 0)),
    CONSTRAINT order_lines_refund CHECK (refunded_fen BETWEEN 0 AND amount_fen),
    CONSTRAINT order_lines_units CHECK (units >= 0),
    CONSTRAINT order_lines_position_unique UNIQUE (suborder_id, "position"),
    CONSTRAINT order_lines_listing FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT order_lines_lot FOREIGN KEY (lot_id) REFERENCES lots(id),
    CONSTRAINT order_lines_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id),
    CONSTRAINT order_lines_variant FOREIGN KEY (variant_id) REFERENCES variants(id)
);
CREATE INDEX order_lines_by_listing ON order_lines (listing_id);
CREATE TRIGGER order_lines_of_a_new_order AFTER INSERT ON order_lines REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_placed_order();
GRANT SELECT, INSERT ON order_lines TO market_app;

-- A line whose price is settled by its weight: the weight of one item, the most that is charged, and what was weighed.
CREATE TABLE catch_weights (
    line_id uuid PRIMARY KEY,
    unit_g integer NOT NULL,
    ceiling_g bigint NOT NULL,
    weighed_g bigint,
    final_fen bigint,
    weighed_at timestamptz,
    weighed_by uuid,
    CONSTRAINT catch_weights_below_ceiling CHECK (weighed_g BETWEEN 1 AND ceiling_g),
    CONSTRAINT catch_weights_ceiling CHECK (ceiling_g >= unit_g),
    CONSTRAINT catch_weights_final CHECK (final_fen >= 0),
    CONSTRAINT catch_weights_unit CHECK (unit_g > 0),
    CONSTRAINT catch_weights_weighed CHECK (((weighed_g IS NULL) = (final_fen IS NULL))
        AND ((weighed_g IS NULL) = (weighed_at IS NULL)) AND ((weighed_g IS NULL) = (weighed_by IS NULL))),
    CONSTRAINT catch_weights_line FOREIGN KEY (line_id) REFERENCES order_lines(id),
    CONSTRAINT catch_weights_weigher FOREIGN KEY (weighed_by) REFERENCES accounts(id)
);
CREATE TRIGGER catch_weights_once BEFORE UPDATE ON catch_weights FOR EACH ROW WHEN ((old.weighed_at IS NOT NULL))
    EXECUTE FUNCTION refuse_second_weight();
GRANT SELECT, INSERT (line_id, unit_g, ceiling_g), UPDATE (weighed_g, final_fen, weighed_at,
    weighed_by) ON catch_weights TO market_app;

CREATE TABLE line_refunds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    line_id uuid NOT NULL,
    key text NOT NULL,
    amount_fen bigint NOT NULL,
    reason text NOT NULL,
    requested_by uuid NOT NULL,
    note text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    CONSTRAINT line_refunds_amount CHECK (amount_fen > 0),
    CONSTRAINT line_refunds_reason
        CHECK (reason IN ('cancelled', 'bad_fruit', 'agreed', 'not_shipped', 'goods_return', 'changed', 'weighed',
        'lost', 'not_collected', 'balance_unpaid')),
    CONSTRAINT line_refunds_unique UNIQUE (line_id, key),
    CONSTRAINT line_refunds_account FOREIGN KEY (requested_by) REFERENCES accounts(id),
    CONSTRAINT line_refunds_line FOREIGN KEY (line_id) REFERENCES order_lines(id)
);
-- What a member refunded alone on a day.
CREATE INDEX line_refunds_by_account ON line_refunds (requested_by, at);
GRANT SELECT ON line_refunds TO market_app;

CREATE TABLE package_lines (
    line_id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    package_id uuid NOT NULL,
    "position" smallint NOT NULL,
    packages smallint NOT NULL,
    CONSTRAINT package_lines_packages CHECK (packages BETWEEN 1 AND 20),
    CONSTRAINT package_lines_line FOREIGN KEY (line_id) REFERENCES order_lines(id),
    CONSTRAINT package_lines_order FOREIGN KEY (order_id) REFERENCES package_orders(order_id),
    CONSTRAINT package_lines_part FOREIGN KEY (package_id, "position")
        REFERENCES package_parts(package_id, "position")
);
CREATE INDEX package_lines_by_order ON package_lines (order_id);
CREATE INDEX package_lines_by_part ON package_lines (package_id, "position");
CREATE CONSTRAINT TRIGGER package_lines_sum_up AFTER INSERT ON package_lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_package_order();
GRANT SELECT, INSERT ON package_lines TO market_app;

-- A refund by a seller above the county's limit waits for a second person, and holds its sum of the line meanwhile.
CREATE TABLE refund_requests (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    suborder_id uuid NOT NULL,
    line_id uuid NOT NULL,
    key text NOT NULL,
    amount_fen bigint NOT NULL,
    reason text NOT NULL,
    note text NOT NULL DEFAULT '',
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    decided_by uuid,
    decided_at timestamptz,
    decision_note text NOT NULL DEFAULT '',
    lapse_reason text,
    -- A refund that waits for a second person is brought before finance after three days, and lapses after seven.
    escalated_at timestamptz,
    CONSTRAINT refund_requests_amount CHECK (amount_fen > 0),
    CONSTRAINT refund_requests_decided CHECK ((state IN ('consented', 'refused')) = (decided_by IS NOT NULL)),
    CONSTRAINT refund_requests_ended CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CONSTRAINT refund_requests_lapse_reason CHECK (lapse_reason IN ('cancelled', 'disputed', 'refunded', 'expired')),
    CONSTRAINT refund_requests_lapsed CHECK ((state = 'lapsed') = (lapse_reason IS NOT NULL)),
    CONSTRAINT refund_requests_reason CHECK (reason IN ('bad_fruit', 'agreed')),
    CONSTRAINT refund_requests_state CHECK (state IN ('waiting', 'consented', 'refused', 'lapsed')),
    CONSTRAINT refund_requests_unique UNIQUE (line_id, key),
    CONSTRAINT refund_requests_decider FOREIGN KEY (decided_by) REFERENCES accounts(id),
    CONSTRAINT refund_requests_line FOREIGN KEY (line_id) REFERENCES order_lines(id),
    CONSTRAINT refund_requests_requester FOREIGN KEY (requested_by) REFERENCES accounts(id),
    CONSTRAINT refund_requests_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX refund_requests_by_suborder ON refund_requests (suborder_id, id);
CREATE INDEX refund_requests_waiting ON refund_requests (suborder_id) WHERE (state = 'waiting');
CREATE TRIGGER refund_requests_decision BEFORE UPDATE ON refund_requests FOR EACH ROW
    EXECUTE FUNCTION check_refund_decision();
GRANT SELECT, INSERT (suborder_id, line_id, key, amount_fen, reason, note, requested_by, requested_at), UPDATE (state,
    decided_by, decided_at, decision_note, lapse_reason, escalated_at) ON refund_requests TO market_app;

-- The parcel of a pre-sale is sent in its window, as it was when the order was placed.
CREATE TABLE sending_windows (
    suborder_id uuid PRIMARY KEY,
    send_from date NOT NULL,
    send_until date NOT NULL,
    CONSTRAINT sending_windows_days CHECK (send_until >= send_from),
    CONSTRAINT sending_windows_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
GRANT SELECT, INSERT ON sending_windows TO market_app;

CREATE TABLE suborder_events (
    suborder_id uuid NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    note text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (suborder_id, state),
    CONSTRAINT suborder_events_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE TRIGGER suborder_events_append_only BEFORE DELETE OR UPDATE ON suborder_events FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON suborder_events TO market_app;

-- Who found the bank transfer of an order in the bank's statement, and under which number: it counts once two people
-- did, under one.
CREATE TABLE transfer_records (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL,
    reference text NOT NULL,
    recorded_by uuid,
    recorded_at timestamptz NOT NULL,
    -- A refund that is paid by bank transfer counts as a payment by bank transfer does: once two people found it in
    -- the bank's statement. The schema holds both, whoever books them.
    refund_id uuid,
    CONSTRAINT transfer_records_reference CHECK (length(reference) BETWEEN 1 AND 200),
    CONSTRAINT transfer_records_once UNIQUE NULLS NOT DISTINCT (order_id, reference, recorded_by, refund_id),
    CONSTRAINT transfer_records_order FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT transfer_records_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id),
    CONSTRAINT transfer_records_refund FOREIGN KEY (refund_id) REFERENCES payments.refunds(id)
);
CREATE INDEX transfer_records_by_recorder ON transfer_records (recorded_by) WHERE (recorded_by IS NOT NULL);
CREATE INDEX transfer_records_by_refund ON transfer_records (refund_id) WHERE (refund_id IS NOT NULL);
CREATE TRIGGER transfer_records_audited AFTER INSERT ON transfer_records FOR EACH ROW
    EXECUTE FUNCTION audit_transfer_record();
GRANT SELECT, INSERT (order_id, reference, recorded_by, recorded_at, refund_id) ON transfer_records TO market_app;
COMMENT ON COLUMN transfer_records.recorded_by IS 'Null is the operator of the system at the command line.';
COMMENT ON COLUMN transfer_records.refund_id IS 'The refund that was paid by the transfer; null of a transfer that pays the order.';
