-- Package: orders.
-- How an order is paid: before anything is sent, or after acceptance by the contract of a public unit. A requested one waits
-- for the unit's approver and the seller and expires like any other; a contract neither expires nor is cancelled by silence.
ALTER TABLE orders
    ADD COLUMN terms text NOT NULL DEFAULT 'prepaid',
    ADD COLUMN refused_fen bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT orders_terms CHECK (terms IN ('prepaid', 'requested', 'contract')) NOT VALID,
    ADD CONSTRAINT orders_refused CHECK (
        refused_fen BETWEEN 0 AND total_fen AND (refused_fen = 0 OR terms = 'contract')) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_terms;
ALTER TABLE orders VALIDATE CONSTRAINT orders_refused;
COMMENT ON COLUMN orders.refused_fen IS 'What the buyer did not accept, and so never pays.';

-- Package: organisations.
-- What an account does for its public unit: who requests does not approve, who approves does not accept.
ALTER TABLE public_buyers
    ADD COLUMN duty text NOT NULL DEFAULT 'requester',
    ADD CONSTRAINT public_buyers_duty CHECK (duty IN ('requester', 'approver', 'acceptor', 'finance')) NOT VALID;
ALTER TABLE public_buyers VALIDATE CONSTRAINT public_buyers_duty;
GRANT UPDATE (duty) ON public_buyers TO market_app;

-- Package: procurement.
-- 预留比例: the least share of a year's canteen purchases, by region (00 is the country, else the first 2, 4 or 6 digits).
CREATE TABLE quota_rules (
    region       text NOT NULL CONSTRAINT quota_rules_region CHECK (region ~ '^([0-9]{2}){1,3}$'),
    ratio_bp     integer NOT NULL CONSTRAINT quota_rules_ratio CHECK (ratio_bp BETWEEN 0 AND 10000),
    valid_during daterange NOT NULL CONSTRAINT quota_rules_period CHECK (NOT isempty(valid_during)),
    source       text NOT NULL CONSTRAINT quota_rules_source CHECK (length(source) BETWEEN 4 AND 200),
    CONSTRAINT quota_rules_pkey PRIMARY KEY (region, valid_during WITHOUT OVERLAPS),
    CONSTRAINT quota_rules_with_ratio UNIQUE (region, ratio_bp, valid_during WITHOUT OVERLAPS)
);
INSERT INTO quota_rules (region, ratio_bp, valid_during, source) VALUES
    ('00', 0, '[2019-05-27,2021-01-01)', '财库〔2019〕27号：预留比例由单位自定'),
    ('00', 1000, '[2021-01-01,)', '财库〔2021〕19号、20号：不低于食堂食材采购的10%');
GRANT SELECT ON quota_rules TO market_app;

-- The quota of a unit and a year: at least the share that the rule of the year's last day asks for.
CREATE TABLE unit_quotas (
    organisation_id uuid NOT NULL CONSTRAINT unit_quotas_organisation REFERENCES organisations,
    year            smallint NOT NULL CONSTRAINT unit_quotas_year CHECK (year BETWEEN 2019 AND 2100),
    canteen_fen     bigint NOT NULL CONSTRAINT unit_quotas_canteen CHECK (canteen_fen BETWEEN 0 AND 1000000000000),
    quota_fen       bigint NOT NULL,
    region          text NOT NULL,
    ratio_bp        integer NOT NULL,
    rule_day        daterange NOT NULL GENERATED ALWAYS AS (
        daterange(make_date(year::integer, 12, 31), make_date(year::integer, 12, 31), '[]')) STORED,
    set_by          uuid NOT NULL CONSTRAINT unit_quotas_setter REFERENCES accounts,
    set_at          timestamptz NOT NULL,
    CONSTRAINT unit_quotas_pkey PRIMARY KEY (organisation_id, year),
    CONSTRAINT unit_quotas_least CHECK (
        quota_fen <= canteen_fen AND quota_fen::numeric * 10000 >= ratio_bp::numeric * canteen_fen),
    CONSTRAINT unit_quotas_rule FOREIGN KEY (region, ratio_bp, PERIOD rule_day)
        REFERENCES quota_rules (region, ratio_bp, PERIOD valid_during)
);
CREATE INDEX unit_quotas_by_setter ON unit_quotas (set_by);

-- A purchase of a public unit. Its state follows from what was done and cannot skip a step.
CREATE TABLE procurements (
    order_id        uuid CONSTRAINT procurements_pkey PRIMARY KEY CONSTRAINT procurements_order REFERENCES orders,
    organisation_id uuid NOT NULL CONSTRAINT procurements_organisation REFERENCES organisations,
    producer_id     uuid NOT NULL CONSTRAINT procurements_producer REFERENCES producers,
    producer_county text NOT NULL,
    year            smallint NOT NULL CONSTRAINT procurements_year CHECK (year BETWEEN 2019 AND 2100),
    ordered_on      date NOT NULL,
    ordered_during  daterange NOT NULL GENERATED ALWAYS AS (daterange(ordered_on, ordered_on, '[]')) STORED,
    list            text,
    payment_days    smallint NOT NULL CONSTRAINT procurements_payment_days CHECK (payment_days BETWEEN 1 AND 60),
    payer_code      text NOT NULL CONSTRAINT procurements_payer_code UNIQUE,
    freight_fen     bigint NOT NULL CONSTRAINT procurements_freight CHECK (freight_fen >= 0),
    ordered_fen     bigint NOT NULL CONSTRAINT procurements_ordered CHECK (ordered_fen > 0),
    accepted_fen    bigint CONSTRAINT procurements_accepted CHECK (accepted_fen BETWEEN 1 AND ordered_fen),
    refused_fen     bigint NOT NULL GENERATED ALWAYS AS (ordered_fen - coalesce(accepted_fen, 0)) STORED,
    requested_by    uuid NOT NULL CONSTRAINT procurements_requester REFERENCES accounts,
    requested_at    timestamptz NOT NULL,
    approved_by     uuid CONSTRAINT procurements_approver REFERENCES accounts,
    approved_at     timestamptz,
    signed_by       uuid CONSTRAINT procurements_signer REFERENCES accounts,
    signed_at       timestamptz,
    delivered_by    uuid CONSTRAINT procurements_deliverer REFERENCES accounts,
    delivered_at    timestamptz,
    accepted_by     uuid CONSTRAINT procurements_acceptor REFERENCES accounts,
    accepted_at     timestamptz,
    accepted_on     date,
    due_on          date GENERATED ALWAYS AS (accepted_on + payment_days::integer) STORED,
    invoiced_at     timestamptz,
    paid_at         timestamptz,
    ended_at        timestamptz,
    ended_by        uuid CONSTRAINT procurements_ender REFERENCES accounts,
    reason          text CONSTRAINT procurements_reason CHECK (length(reason) BETWEEN 1 AND 200),
    state           text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN ended_at IS NOT NULL THEN 'ended' WHEN paid_at IS NOT NULL THEN 'paid'
             WHEN invoiced_at IS NOT NULL THEN 'invoiced' WHEN accepted_at IS NOT NULL THEN 'accepted'
             WHEN delivered_at IS NOT NULL THEN 'delivered' WHEN signed_at IS NOT NULL THEN 'contracted'
             WHEN approved_at IS NOT NULL THEN 'approved' ELSE 'requested' END) STORED,
    CONSTRAINT procurements_steps CHECK (
        (approved_at IS NULL) = (approved_by IS NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (delivered_at IS NULL) = (delivered_by IS NULL)
        AND num_nulls(accepted_at, accepted_by, accepted_on, accepted_fen) IN (0, 4)
        AND (ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (reason IS NULL)
        AND (signed_at IS NULL OR approved_at IS NOT NULL) AND (delivered_at IS NULL OR signed_at IS NOT NULL)
        AND (accepted_at IS NULL OR delivered_at IS NOT NULL) AND (invoiced_at IS NULL OR accepted_at IS NOT NULL)
        AND (paid_at IS NULL OR invoiced_at IS NOT NULL) AND (ended_at IS NULL OR accepted_at IS NULL)),
    CONSTRAINT procurements_three_people CHECK (
        approved_by <> requested_by AND accepted_by <> requested_by AND accepted_by <> approved_by),
    -- What counts: the seller's county is on the list on the order's day.
    CONSTRAINT procurements_listed FOREIGN KEY (producer_county, list, PERIOD ordered_during)
        REFERENCES listed_counties (county_code, list, PERIOD valid_during),
    CONSTRAINT procurements_book UNIQUE (order_id, organisation_id, year, list),
    CONSTRAINT procurements_ordered_once UNIQUE (order_id, ordered_fen),
    CONSTRAINT procurements_accepted_once UNIQUE (order_id, accepted_fen),
    CONSTRAINT procurements_refused_once UNIQUE (order_id, refused_fen)
);
CREATE INDEX procurements_by_unit ON procurements (organisation_id, year, requested_at DESC);
CREATE INDEX procurements_by_producer ON procurements (producer_id, requested_at DESC);
CREATE INDEX procurements_by_requester ON procurements (requested_by);
CREATE INDEX procurements_by_approver ON procurements (approved_by) WHERE approved_by IS NOT NULL;
CREATE INDEX procurements_by_signer ON procurements (signed_by) WHERE signed_by IS NOT NULL;
CREATE INDEX procurements_by_deliverer ON procurements (delivered_by) WHERE delivered_by IS NOT NULL;
CREATE INDEX procurements_by_acceptor ON procurements (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX procurements_by_ender ON procurements (ended_by) WHERE ended_by IS NOT NULL;

-- 验收单 by line: accepted ≤ delivered ≤ ordered.
CREATE TABLE procurement_lines (
    line_id   uuid CONSTRAINT procurement_lines_pkey PRIMARY KEY CONSTRAINT procurement_lines_line REFERENCES order_lines,
    order_id  uuid NOT NULL CONSTRAINT procurement_lines_order REFERENCES procurements,
    price_fen bigint NOT NULL CONSTRAINT procurement_lines_price CHECK (price_fen > 0),
    ordered   integer NOT NULL CONSTRAINT procurement_lines_ordered CHECK (ordered > 0),
    delivered integer CONSTRAINT procurement_lines_delivered CHECK (delivered BETWEEN 0 AND ordered),
    accepted  integer CONSTRAINT procurement_lines_accepted CHECK (accepted BETWEEN 0 AND delivered),
    CONSTRAINT procurement_lines_delivered_first CHECK (accepted IS NULL OR delivered IS NOT NULL)
);
CREATE INDEX procurement_lines_by_order ON procurement_lines (order_id);

-- An acceptance says of the technical, the service and the safety requirements whether they are met (政府采购法实施条例 45).
CREATE TABLE procurement_checks (
    order_id uuid NOT NULL CONSTRAINT procurement_checks_order REFERENCES procurements,
    item     text NOT NULL CONSTRAINT procurement_checks_item CHECK (item IN ('technical', 'service', 'safety')),
    passed   boolean NOT NULL,
    note     text NOT NULL DEFAULT '' CONSTRAINT procurement_checks_note CHECK (
        length(note) <= 200 AND (passed OR length(note) > 0)),
    CONSTRAINT procurement_checks_pkey PRIMARY KEY (order_id, item)
);

-- Invoice = accepted.
CREATE TABLE procurement_invoices (
    order_id    uuid CONSTRAINT procurement_invoices_pkey PRIMARY KEY,
    producer_id uuid NOT NULL CONSTRAINT procurement_invoices_producer REFERENCES producers,
    number      text NOT NULL CONSTRAINT procurement_invoices_number CHECK (number ~ '^[0-9]{20}$'),
    issued_on   date NOT NULL CONSTRAINT procurement_invoices_year CHECK (
        left(number, 2) = right(extract(year FROM issued_on)::text, 2)),
    fen         bigint NOT NULL,
    recorded_by uuid NOT NULL CONSTRAINT procurement_invoices_recorder REFERENCES accounts,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT procurement_invoices_once UNIQUE (producer_id, number),
    CONSTRAINT procurement_invoices_fen UNIQUE (order_id, fen),
    CONSTRAINT procurement_invoices_accepted FOREIGN KEY (order_id, fen) REFERENCES procurements (order_id, accepted_fen)
);
CREATE INDEX procurement_invoices_by_recorder ON procurement_invoices (recorded_by);

-- 对公转账: what came to the account, matched by the payer's code; a matched one is exactly what was invoiced.
CREATE TABLE bank_receipts (
    id          uuid DEFAULT uuidv7() CONSTRAINT bank_receipts_pkey PRIMARY KEY,
    reference   text NOT NULL CONSTRAINT bank_receipts_reference CHECK (length(reference) BETWEEN 4 AND 64),
    payer_code  text NOT NULL CONSTRAINT bank_receipts_payer_code CHECK (length(payer_code) BETWEEN 1 AND 40),
    payer_name  text NOT NULL CONSTRAINT bank_receipts_payer_name CHECK (length(payer_name) BETWEEN 2 AND 60),
    fen         bigint NOT NULL CONSTRAINT bank_receipts_amount CHECK (fen > 0),
    received_on date NOT NULL,
    order_id    uuid CONSTRAINT bank_receipts_one_order UNIQUE,
    problem     text CONSTRAINT bank_receipts_problem_known CHECK (
        problem IN ('unknown_code', 'wrong_amount', 'not_invoiced', 'paid_before')),
    recorded_by uuid NOT NULL CONSTRAINT bank_receipts_recorder REFERENCES accounts,
    recorded_at timestamptz NOT NULL,
    matched_at  timestamptz,
    CONSTRAINT bank_receipts_once UNIQUE (reference),
    CONSTRAINT bank_receipts_matched CHECK (
        (order_id IS NULL) = (matched_at IS NULL) AND (order_id IS NULL OR problem IS NULL)),
    CONSTRAINT bank_receipts_fen UNIQUE (order_id, fen),
    CONSTRAINT bank_receipts_invoiced FOREIGN KEY (order_id, fen) REFERENCES procurement_invoices (order_id, fen)
);
CREATE INDEX bank_receipts_by_code ON bank_receipts (payer_code) WHERE order_id IS NULL;
CREATE INDEX bank_receipts_by_recorder ON bank_receipts (recorded_by);
CREATE INDEX bank_receipts_by_time ON bank_receipts (recorded_at DESC);

-- 832 平台: what a unit bought there, by the platform's own number and line.
CREATE TABLE platform_purchases (
    order_number    text NOT NULL CONSTRAINT platform_purchases_order CHECK (length(order_number) BETWEEN 4 AND 40),
    line_number     integer NOT NULL CONSTRAINT platform_purchases_line CHECK (line_number BETWEEN 1 AND 9999),
    organisation_id uuid NOT NULL CONSTRAINT platform_purchases_organisation REFERENCES organisations,
    supplier        text NOT NULL CONSTRAINT platform_purchases_supplier CHECK (length(supplier) BETWEEN 2 AND 60),
    origin_county   text NOT NULL CONSTRAINT platform_purchases_origin CHECK (origin_county ~ '^[0-9]{6}$'),
    product         text NOT NULL CONSTRAINT platform_purchases_product CHECK (length(product) BETWEEN 1 AND 100),
    quantity        numeric(12, 3) NOT NULL CONSTRAINT platform_purchases_quantity CHECK (quantity > 0),
    fen             bigint NOT NULL CONSTRAINT platform_purchases_amount CHECK (fen > 0),
    accepted_on     date NOT NULL,
    accepted_during daterange NOT NULL GENERATED ALWAYS AS (daterange(accepted_on, accepted_on, '[]')) STORED,
    paid_on         date CONSTRAINT platform_purchases_paid CHECK (paid_on >= accepted_on),
    year            smallint NOT NULL CONSTRAINT platform_purchases_year CHECK (year BETWEEN 2019 AND 2100),
    list            text,
    counted_fen     bigint GENERATED ALWAYS AS (CASE WHEN paid_on IS NOT NULL THEN fen END) STORED,
    CONSTRAINT platform_purchases_pkey PRIMARY KEY (order_number, line_number),
    CONSTRAINT platform_purchases_listed FOREIGN KEY (origin_county, list, PERIOD accepted_during)
        REFERENCES listed_counties (county_code, list, PERIOD valid_during),
    CONSTRAINT platform_purchases_counted UNIQUE (order_number, line_number, organisation_id, year, list, counted_fen)
);
CREATE INDEX platform_purchases_by_unit ON platform_purchases (organisation_id, year);

-- The book of quotas, append-only. Committed is what was ordered, accepted and restored are its parts, spent is what the bank
-- received for it, returned came back later: each of the year of the order.
CREATE TABLE quota_entries (
    id              bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT quota_entries_pkey PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT quota_entries_organisation REFERENCES organisations,
    year            smallint NOT NULL,
    list            text NOT NULL,
    kind            text NOT NULL CONSTRAINT quota_entries_kind CHECK (
        kind IN ('committed', 'accepted', 'restored', 'spent', 'returned')),
    fen             bigint NOT NULL CONSTRAINT quota_entries_amount CHECK (fen > 0),
    order_id        uuid,
    order_number    text,
    line_number     integer,
    at              timestamptz NOT NULL,
    committed_fen   bigint GENERATED ALWAYS AS (CASE WHEN kind = 'committed' THEN fen END) STORED,
    accepted_fen    bigint GENERATED ALWAYS AS (CASE WHEN kind = 'accepted' THEN fen END) STORED,
    restored_fen    bigint GENERATED ALWAYS AS (CASE WHEN kind = 'restored' THEN fen END) STORED,
    spent_fen       bigint GENERATED ALWAYS AS (CASE WHEN kind = 'spent' AND order_id IS NOT NULL THEN fen END) STORED,
    counted_fen     bigint GENERATED ALWAYS AS (CASE WHEN order_number IS NOT NULL THEN fen END) STORED,
    CONSTRAINT quota_entries_of_one CHECK (
        (order_id IS NULL) <> (order_number IS NULL) AND (order_number IS NULL) = (line_number IS NULL)
        AND (order_number IS NULL OR kind = 'spent')),
    CONSTRAINT quota_entries_order FOREIGN KEY (order_id, organisation_id, year, list)
        REFERENCES procurements (order_id, organisation_id, year, list),
    CONSTRAINT quota_entries_committed FOREIGN KEY (order_id, committed_fen) REFERENCES procurements (order_id, ordered_fen),
    CONSTRAINT quota_entries_accepted FOREIGN KEY (order_id, accepted_fen) REFERENCES procurements (order_id, accepted_fen),
    CONSTRAINT quota_entries_restored FOREIGN KEY (order_id, restored_fen) REFERENCES procurements (order_id, refused_fen),
    -- Nothing counts before the bank received what was invoiced, which is what was accepted.
    CONSTRAINT quota_entries_spent FOREIGN KEY (order_id, spent_fen) REFERENCES bank_receipts (order_id, fen),
    CONSTRAINT quota_entries_purchase FOREIGN KEY (order_number, line_number, organisation_id, year, list, counted_fen)
        REFERENCES platform_purchases (order_number, line_number, organisation_id, year, list, counted_fen)
);
CREATE UNIQUE INDEX quota_entries_once ON quota_entries (order_id, kind) WHERE order_id IS NOT NULL AND kind <> 'returned';
CREATE UNIQUE INDEX quota_entries_purchase_once ON quota_entries (order_number, line_number) WHERE order_number IS NOT NULL;
CREATE INDEX quota_entries_by_unit ON quota_entries (organisation_id, year);
CREATE INDEX quota_entries_by_order ON quota_entries (order_id) WHERE order_id IS NOT NULL;

-- A unit reads its own book, a seller what was ordered from it, a county the units that are registered there.
CREATE FUNCTION sees_unit(p_organisation uuid) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM public_buyers WHERE organisation_id = p_organisation AND account_id = get_visible_person())
    OR EXISTS (SELECT FROM organisations WHERE id = p_organisation AND starts_with(county_code, get_visible_county()));
ALTER TABLE unit_quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE procurements ENABLE ROW LEVEL SECURITY;
ALTER TABLE procurement_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE procurement_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE procurement_invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform_purchases ENABLE ROW LEVEL SECURITY;
ALTER TABLE quota_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY unit_quotas_visible ON unit_quotas TO market_app USING (sees_unit(organisation_id));
CREATE POLICY platform_purchases_visible ON platform_purchases TO market_app USING (sees_unit(organisation_id));
CREATE POLICY procurements_visible ON procurements TO market_app USING (
    sees_unit(organisation_id)
    OR producer_id IN (SELECT producer_id FROM producer_members WHERE account_id = (SELECT get_visible_person())));
CREATE POLICY procurement_lines_visible ON procurement_lines TO market_app USING (
    EXISTS (SELECT FROM procurements p WHERE p.order_id = procurement_lines.order_id));
CREATE POLICY procurement_checks_visible ON procurement_checks TO market_app USING (
    EXISTS (SELECT FROM procurements p WHERE p.order_id = procurement_checks.order_id));
CREATE POLICY procurement_invoices_visible ON procurement_invoices TO market_app USING (
    EXISTS (SELECT FROM procurements p WHERE p.order_id = procurement_invoices.order_id));
-- What a unit spends in a year concerns no seller: its own steps post there, but read nothing.
CREATE POLICY quota_entries_visible ON quota_entries FOR SELECT TO market_app USING (sees_unit(organisation_id));
CREATE POLICY quota_entries_posted ON quota_entries FOR INSERT TO market_app WITH CHECK (
    CASE WHEN order_id IS NULL THEN sees_unit(organisation_id)
         ELSE EXISTS (SELECT FROM procurements p WHERE p.order_id = quota_entries.order_id) END);

GRANT SELECT, INSERT (organisation_id, year, canteen_fen, quota_fen, region, ratio_bp, set_by, set_at),
    UPDATE (canteen_fen, quota_fen, region, ratio_bp, set_by, set_at) ON unit_quotas TO market_app;
GRANT SELECT, INSERT (order_id, organisation_id, producer_id, producer_county, year, ordered_on, list, payment_days, payer_code,
    freight_fen, ordered_fen, requested_by, requested_at),
    UPDATE (accepted_fen, approved_by, approved_at, signed_by, signed_at, delivered_by, delivered_at, accepted_by, accepted_at,
    accepted_on, invoiced_at, ended_at, ended_by, reason) ON procurements TO market_app;
GRANT SELECT, INSERT (line_id, order_id, price_fen, ordered), UPDATE (delivered, accepted) ON procurement_lines TO market_app;
GRANT SELECT, INSERT ON procurement_checks, procurement_invoices TO market_app;
GRANT SELECT, INSERT (reference, payer_code, payer_name, fen, received_on, recorded_by, recorded_at) ON bank_receipts TO market_app;
GRANT SELECT, INSERT (order_number, line_number, organisation_id, supplier, origin_county, product, quantity, fen, accepted_on,
    paid_on, year, list), UPDATE (supplier, product, quantity, fen, accepted_on, paid_on, origin_county, list, year)
    ON platform_purchases TO market_app;
GRANT SELECT, INSERT (organisation_id, year, list, kind, fen, order_id, order_number, line_number, at) ON quota_entries TO market_app;
