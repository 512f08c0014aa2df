-- 832 平台: what a unit bought there, by the platform's own number and line.
CREATE TABLE platform_purchases (
    order_number text NOT NULL,
    line_number integer NOT NULL,
    organisation_id uuid NOT NULL,
    supplier text NOT NULL,
    origin_county text NOT NULL,
    product text NOT NULL,
    quantity numeric(12,3) NOT NULL,
    fen bigint NOT NULL,
    accepted_on date NOT NULL,
    accepted_during daterange GENERATED ALWAYS AS (daterange(accepted_on, accepted_on, '[]')) STORED NOT NULL,
    paid_on date,
    year smallint NOT NULL,
    list text,
    counted_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (paid_on IS NOT NULL) THEN fen
    ELSE NULL::bigint
END) STORED,
    CONSTRAINT platform_purchases_amount CHECK (fen > 0),
    CONSTRAINT platform_purchases_line CHECK (line_number BETWEEN 1 AND 9999),
    CONSTRAINT platform_purchases_order CHECK (length(order_number) BETWEEN 4 AND 40),
    CONSTRAINT platform_purchases_origin CHECK (origin_county ~ '^[0-9]{6}$'),
    CONSTRAINT platform_purchases_paid CHECK (paid_on >= accepted_on),
    CONSTRAINT platform_purchases_product CHECK (length(product) BETWEEN 1 AND 100),
    CONSTRAINT platform_purchases_quantity CHECK (quantity > (0)::numeric),
    CONSTRAINT platform_purchases_supplier CHECK (length(supplier) BETWEEN 2 AND 60),
    CONSTRAINT platform_purchases_year CHECK (year BETWEEN 2019 AND 2100),
    CONSTRAINT platform_purchases_counted UNIQUE (order_number, line_number, organisation_id, year, list, counted_fen),
    PRIMARY KEY (order_number, line_number),
    CONSTRAINT platform_purchases_listed FOREIGN KEY (origin_county, list, PERIOD accepted_during)
        REFERENCES listed_counties(county_code, list, PERIOD valid_during),
    CONSTRAINT platform_purchases_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id)
);
CREATE INDEX platform_purchases_by_unit ON platform_purchases (organisation_id, year);
ALTER TABLE platform_purchases ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (order_number, line_number, organisation_id, supplier, origin_county, product, quantity, fen,
    accepted_on, paid_on, year, list), UPDATE (supplier, origin_county, product, quantity, fen, accepted_on, paid_on,
    year, list) ON platform_purchases TO market_app;

-- A purchase of a public unit. Its state follows from what was done and cannot skip a step.
CREATE TABLE procurements (
    order_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    producer_county text NOT NULL,
    year smallint NOT NULL,
    ordered_on date NOT NULL,
    ordered_during daterange GENERATED ALWAYS AS (daterange(ordered_on, ordered_on, '[]')) STORED NOT NULL,
    list text,
    payment_days smallint NOT NULL,
    payer_code text NOT NULL,
    freight_fen bigint NOT NULL,
    ordered_fen bigint NOT NULL,
    accepted_fen bigint,
    refused_fen bigint GENERATED ALWAYS AS ((ordered_fen - COALESCE(accepted_fen, (0)::bigint))) STORED NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    approved_by uuid,
    approved_at timestamptz,
    signed_by uuid,
    signed_at timestamptz,
    delivered_by uuid,
    delivered_at timestamptz,
    accepted_by uuid,
    accepted_at timestamptz,
    accepted_on date,
    due_on date GENERATED ALWAYS AS ((accepted_on + (payment_days)::integer)) STORED,
    invoiced_at timestamptz,
    paid_at timestamptz,
    ended_at timestamptz,
    ended_by uuid,
    reason text,
    state text GENERATED ALWAYS AS (
CASE
    WHEN (ended_at IS NOT NULL) THEN 'ended'
    WHEN (paid_at IS NOT NULL) THEN 'paid'
    WHEN (invoiced_at IS NOT NULL) THEN 'invoiced'
    WHEN (accepted_at IS NOT NULL) THEN 'accepted'
    WHEN (delivered_at IS NOT NULL) THEN 'delivered'
    WHEN (signed_at IS NOT NULL) THEN 'contracted'
    WHEN (approved_at IS NOT NULL) THEN 'approved'
    ELSE 'requested'
END) STORED NOT NULL,
    -- 红字发票: what came back after a purchase was invoiced and paid is taken off its invoice again, by one red-letter
    -- invoice or several. The quota is restored by the refund and does not wait for them.
    returned_fen bigint NOT NULL DEFAULT 0,
    reduced_fen bigint NOT NULL DEFAULT 0,
    told_fen bigint NOT NULL DEFAULT 0,
    reduce_since date,
    chased_on date,
    -- A purchase is paid by one transfer or by several that add up to its invoice; a transfer that pays nothing is
    -- sent back, or was a mistake of whoever recorded it. Nothing counts before the bank received what was invoiced:
    -- `paid_fen` is set by the match alone.
    paid_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (paid_at IS NOT NULL) THEN accepted_fen
    ELSE NULL::bigint
END) STORED,
    CONSTRAINT procurements_accepted CHECK (accepted_fen BETWEEN 1 AND ordered_fen),
    CONSTRAINT procurements_freight CHECK (freight_fen >= 0),
    CONSTRAINT procurements_ordered CHECK (ordered_fen > 0),
    CONSTRAINT procurements_payment_days CHECK (payment_days BETWEEN 1 AND 60),
    CONSTRAINT procurements_reason CHECK (length(reason) BETWEEN 1 AND 200),
    CONSTRAINT procurements_reduce_since CHECK ((reduce_since IS NULL) OR (returned_fen > reduced_fen)),
    CONSTRAINT procurements_reduced CHECK (reduced_fen BETWEEN 0 AND returned_fen),
    CONSTRAINT procurements_returned CHECK ((returned_fen >= 0) AND ((returned_fen = 0) OR ((paid_at IS NOT NULL)
        AND (returned_fen <= accepted_fen)))),
    CONSTRAINT procurements_steps CHECK (((approved_at IS NULL) = (approved_by IS NULL))
        AND ((signed_at IS NULL) = (signed_by IS NULL)) AND ((delivered_at IS NULL) = (delivered_by IS NULL))
        AND (num_nulls(accepted_at, accepted_by, accepted_on, accepted_fen) = ANY (ARRAY[0, 4]))
        AND ((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) = (reason IS NULL))
        AND ((signed_at IS NULL) OR (approved_at IS NOT NULL)) AND ((delivered_at IS NULL) OR (signed_at IS NOT NULL))
        AND ((accepted_at IS NULL) OR (delivered_at IS NOT NULL)) AND ((invoiced_at IS NULL)
        OR (accepted_at IS NOT NULL)) AND ((paid_at IS NULL) OR (invoiced_at IS NOT NULL)) AND ((ended_at IS NULL)
        OR (accepted_at IS NULL))),
    CONSTRAINT procurements_three_people CHECK ((approved_by <> requested_by) AND (accepted_by <> requested_by)
        AND (accepted_by <> approved_by)),
    CONSTRAINT procurements_told CHECK (told_fen BETWEEN 0 AND returned_fen),
    CONSTRAINT procurements_year CHECK (year BETWEEN 2019 AND 2100),
    CONSTRAINT procurements_accepted_once UNIQUE (order_id, accepted_fen),
    CONSTRAINT procurements_book UNIQUE (order_id, organisation_id, year, list),
    CONSTRAINT procurements_ordered_once UNIQUE (order_id, ordered_fen),
    CONSTRAINT procurements_paid_once UNIQUE (order_id, paid_fen),
    CONSTRAINT procurements_payer_code UNIQUE (payer_code),
    CONSTRAINT procurements_refused_once UNIQUE (order_id, refused_fen),
    CONSTRAINT procurements_acceptor FOREIGN KEY (accepted_by) REFERENCES accounts(id),
    CONSTRAINT procurements_approver FOREIGN KEY (approved_by) REFERENCES accounts(id),
    CONSTRAINT procurements_deliverer FOREIGN KEY (delivered_by) REFERENCES accounts(id),
    CONSTRAINT procurements_ender FOREIGN KEY (ended_by) REFERENCES accounts(id),
    -- What counts: the seller's county is on the list on the order's day.
    CONSTRAINT procurements_listed FOREIGN KEY (producer_county, list, PERIOD ordered_during)
        REFERENCES listed_counties(county_code, list, PERIOD valid_during),
    CONSTRAINT procurements_order FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT procurements_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT procurements_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT procurements_requester FOREIGN KEY (requested_by) REFERENCES accounts(id),
    CONSTRAINT procurements_signer FOREIGN KEY (signed_by) REFERENCES accounts(id)
);
CREATE INDEX procurements_by_acceptor ON procurements (accepted_by) WHERE (accepted_by IS NOT NULL);
CREATE INDEX procurements_by_approver ON procurements (approved_by) WHERE (approved_by IS NOT NULL);
CREATE INDEX procurements_by_deliverer ON procurements (delivered_by) WHERE (delivered_by IS NOT NULL);
CREATE INDEX procurements_by_ender ON procurements (ended_by) WHERE (ended_by IS NOT NULL);
CREATE INDEX procurements_by_producer ON procurements (producer_id, requested_at DESC);
CREATE INDEX procurements_by_requester ON procurements (requested_by);
CREATE INDEX procurements_by_signer ON procurements (signed_by) WHERE (signed_by IS NOT NULL);
CREATE INDEX procurements_by_unit ON procurements (organisation_id, year, requested_at DESC);
CREATE INDEX procurements_due ON procurements (organisation_id, due_on) WHERE ((paid_at IS NULL)
    AND (due_on IS NOT NULL));
CREATE INDEX procurements_to_accept ON procurements (order_id) WHERE (state = 'delivered');
CREATE INDEX procurements_to_reduce ON procurements (order_id) WHERE (returned_fen > reduced_fen);
CREATE CONSTRAINT TRIGGER procurements_sum_up AFTER INSERT OR UPDATE ON procurements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_procurement_sums();
CREATE CONSTRAINT TRIGGER procurements_transfers AFTER INSERT
    OR UPDATE OF paid_at, accepted_fen ON procurements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_transfer_sum();
ALTER TABLE procurements ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (order_id, organisation_id, producer_id, producer_county, year, ordered_on, list, payment_days,
    payer_code, freight_fen, ordered_fen, requested_by, requested_at), UPDATE (accepted_fen, approved_by, approved_at,
    signed_by, signed_at, delivered_by, delivered_at, accepted_by, accepted_at, accepted_on, invoiced_at, ended_at,
    ended_by, reason, told_fen, reduce_since, chased_on) ON procurements TO market_app;
COMMENT ON COLUMN procurements.returned_fen IS 'What was refunded after the payment.';
COMMENT ON COLUMN procurements.reduced_fen IS 'What red-letter invoices took off the invoice.';
COMMENT ON COLUMN procurements.told_fen IS 'Of how much that came back the seller was told.';
COMMENT ON COLUMN procurements.reduce_since IS 'Since when a red-letter invoice is due: the day on which the seller was told.';
COMMENT ON COLUMN procurements.chased_on IS 'The last day on which the unit was reminded of the acceptance, or later the seller of a red-letter invoice.';
COMMENT ON COLUMN procurements.paid_fen IS 'What the bank received: the sum of its transfers.';

-- An acceptance says of the technical, the service and the safety requirements whether they are met (政府采购法实施条例 45).
CREATE TABLE procurement_checks (
    order_id uuid NOT NULL,
    item text NOT NULL,
    passed boolean NOT NULL,
    note text NOT NULL DEFAULT '',
    CONSTRAINT procurement_checks_item CHECK (item IN ('technical', 'service', 'safety')),
    CONSTRAINT procurement_checks_note CHECK ((length(note) <= 200) AND (passed OR (length(note) > 0))),
    PRIMARY KEY (order_id, item),
    CONSTRAINT procurement_checks_order FOREIGN KEY (order_id) REFERENCES procurements(order_id)
);
ALTER TABLE procurement_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY procurement_checks_visible ON procurement_checks TO market_app
    USING ((EXISTS (SELECT FROM procurements p WHERE (p.order_id = procurement_checks.order_id))));
GRANT SELECT, INSERT ON procurement_checks TO market_app;

-- Invoice = accepted.
CREATE TABLE procurement_invoices (
    order_id uuid PRIMARY KEY,
    producer_id uuid NOT NULL,
    number text NOT NULL,
    issued_on date NOT NULL,
    fen bigint NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT procurement_invoices_number CHECK (number ~ '^[0-9]{20}$'),
    CONSTRAINT procurement_invoices_year CHECK ("left"(number, 2) = "right"((EXTRACT(year FROM issued_on))::text, 2)),
    CONSTRAINT procurement_invoices_fen UNIQUE (order_id, fen),
    CONSTRAINT procurement_invoices_once UNIQUE (producer_id, number),
    CONSTRAINT procurement_invoices_accepted FOREIGN KEY (order_id, fen)
        REFERENCES procurements(order_id, accepted_fen),
    CONSTRAINT procurement_invoices_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT procurement_invoices_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
CREATE INDEX procurement_invoices_by_recorder ON procurement_invoices (recorded_by);
ALTER TABLE procurement_invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY procurement_invoices_visible ON procurement_invoices TO market_app
    USING ((EXISTS (SELECT FROM procurements p WHERE (p.order_id = procurement_invoices.order_id))));
GRANT SELECT, INSERT ON procurement_invoices TO market_app;

-- 对公转账: what came to the account, matched by the payer's code; a matched one is exactly what was invoiced.
CREATE TABLE bank_receipts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    reference text NOT NULL,
    payer_code text NOT NULL,
    payer_name text NOT NULL,
    fen bigint NOT NULL,
    received_on date NOT NULL,
    order_id uuid,
    problem text,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    matched_at timestamptz,
    closed_as text,
    closed_note text,
    returned_on date,
    closed_by uuid,
    closed_at timestamptz,
    -- A transfer pays once a second person found it in the bank's statement: who records one could else have money
    -- paid out that never came.
    confirmed_by uuid,
    confirmed_at timestamptz,
    CONSTRAINT bank_receipts_amount CHECK (fen > 0),
    CONSTRAINT bank_receipts_closed
        CHECK ((num_nulls(closed_as, closed_note, closed_by, closed_at) = ANY (ARRAY[0, 4])) AND ((closed_at IS NULL)
        OR (order_id IS NULL)) AND ((returned_on IS NOT NULL) = (NOT (closed_as IS DISTINCT FROM 'returned')))
        AND (returned_on >= received_on)),
    CONSTRAINT bank_receipts_closed_as CHECK (closed_as IN ('returned', 'mistaken')),
    CONSTRAINT bank_receipts_closed_note CHECK (length(closed_note) BETWEEN 1 AND 200),
    CONSTRAINT bank_receipts_matched CHECK (((order_id IS NULL) = (matched_at IS NULL)) AND ((order_id IS NULL)
        OR (problem IS NULL))),
    CONSTRAINT bank_receipts_payer_code CHECK (length(payer_code) BETWEEN 1 AND 40),
    CONSTRAINT bank_receipts_payer_name CHECK (length(payer_name) BETWEEN 2 AND 60),
    CONSTRAINT bank_receipts_problem_known
        CHECK (problem IN ('unconfirmed', 'unknown_code', 'wrong_amount', 'not_invoiced', 'paid_before')),
    CONSTRAINT bank_receipts_reference CHECK (length(reference) BETWEEN 4 AND 64),
    CONSTRAINT bank_receipts_confirmed CHECK (((confirmed_by IS NULL) = (confirmed_at IS NULL))
        AND (confirmed_by <> recorded_by) AND ((order_id IS NULL) OR (confirmed_at IS NOT NULL))) NOT VALID,
    CONSTRAINT bank_receipts_closer FOREIGN KEY (closed_by) REFERENCES accounts(id),
    CONSTRAINT bank_receipts_confirmer FOREIGN KEY (confirmed_by) REFERENCES accounts(id),
    CONSTRAINT bank_receipts_invoiced FOREIGN KEY (order_id) REFERENCES procurement_invoices(order_id),
    CONSTRAINT bank_receipts_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
CREATE INDEX bank_receipts_by_closer ON bank_receipts (closed_by) WHERE (closed_by IS NOT NULL);
CREATE INDEX bank_receipts_by_code ON bank_receipts (payer_code) WHERE ((order_id IS NULL) AND (closed_at IS NULL));
CREATE INDEX bank_receipts_by_confirmer ON bank_receipts (confirmed_by) WHERE (confirmed_by IS NOT NULL);
CREATE INDEX bank_receipts_by_order ON bank_receipts (order_id) WHERE (order_id IS NOT NULL);
CREATE INDEX bank_receipts_by_recorder ON bank_receipts (recorded_by);
CREATE INDEX bank_receipts_by_time ON bank_receipts (recorded_at DESC);
CREATE INDEX bank_receipts_listed ON bank_receipts ((((order_id IS NOT NULL)
    OR (closed_at IS NOT NULL))), recorded_at DESC, id DESC);
-- What was recorded by mistake is recorded again under the bank's number.
CREATE UNIQUE INDEX bank_receipts_once ON bank_receipts (reference) WHERE (closed_as IS DISTINCT FROM 'mistaken');
CREATE UNIQUE INDEX bank_receipts_returned_once ON bank_receipts (closed_note) WHERE (closed_as = 'returned');
CREATE CONSTRAINT TRIGGER bank_receipts_sum_up AFTER INSERT
    OR UPDATE OF order_id, fen ON bank_receipts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((new.order_id IS NOT NULL)) EXECUTE FUNCTION check_transfer_sum();
GRANT SELECT, INSERT (reference, payer_code, payer_name, fen, received_on, recorded_by,
    recorded_at) ON bank_receipts TO market_app;
COMMENT ON COLUMN bank_receipts.closed_note IS 'Of a transfer that was sent back the bank''s number of that, of a mistake what was wrong.';

-- 验收单 by line: accepted ≤ delivered ≤ ordered.
CREATE TABLE procurement_lines (
    line_id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    price_fen bigint NOT NULL,
    ordered integer NOT NULL,
    delivered integer,
    accepted integer,
    CONSTRAINT procurement_lines_accepted CHECK (accepted BETWEEN 0 AND delivered),
    CONSTRAINT procurement_lines_delivered CHECK (delivered BETWEEN 0 AND ordered),
    CONSTRAINT procurement_lines_delivered_first CHECK ((accepted IS NULL) OR (delivered IS NOT NULL)),
    CONSTRAINT procurement_lines_ordered CHECK (ordered > 0),
    CONSTRAINT procurement_lines_price CHECK (price_fen > 0),
    CONSTRAINT procurement_lines_line FOREIGN KEY (line_id) REFERENCES order_lines(id),
    CONSTRAINT procurement_lines_order FOREIGN KEY (order_id) REFERENCES procurements(order_id)
);
CREATE INDEX procurement_lines_by_order ON procurement_lines (order_id);
ALTER TABLE procurement_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY procurement_lines_visible ON procurement_lines TO market_app USING ((EXISTS (SELECT FROM procurements p
    WHERE (p.order_id = procurement_lines.order_id))));
GRANT SELECT, INSERT (line_id, order_id, price_fen, ordered), UPDATE (delivered,
    accepted) ON procurement_lines TO market_app;

CREATE TABLE procurement_red_letters (
    order_id uuid NOT NULL,
    producer_id uuid NOT NULL,
    number text NOT NULL,
    issued_on date NOT NULL,
    fen bigint NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT procurement_red_letters_amount CHECK (fen > 0),
    CONSTRAINT procurement_red_letters_number CHECK (number ~ '^[0-9]{20}$'),
    CONSTRAINT procurement_red_letters_year
        CHECK ("left"(number, 2) = "right"((EXTRACT(year FROM issued_on))::text, 2)),
    PRIMARY KEY (producer_id, number),
    CONSTRAINT procurement_red_letters_invoice FOREIGN KEY (order_id) REFERENCES procurement_invoices(order_id),
    CONSTRAINT procurement_red_letters_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT procurement_red_letters_recorder FOREIGN KEY (recorded_by) REFERENCES accounts(id)
);
CREATE INDEX procurement_red_letters_by_order ON procurement_red_letters (order_id);
CREATE INDEX procurement_red_letters_by_recorder ON procurement_red_letters (recorded_by);
CREATE TRIGGER procurement_red_letters_reduce AFTER INSERT ON procurement_red_letters FOR EACH ROW
    EXECUTE FUNCTION reduce_invoice();
ALTER TABLE procurement_red_letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY procurement_red_letters_visible ON procurement_red_letters TO market_app
    USING ((EXISTS (SELECT FROM procurements p WHERE (p.order_id = procurement_red_letters.order_id))));
GRANT SELECT, INSERT ON procurement_red_letters TO market_app;

-- The book of quotas, append-only. Committed is what was ordered, accepted and restored are its parts, spent is what
-- the bank received for it, returned came back later: each of the year of the order.
CREATE TABLE quota_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL,
    list text NOT NULL,
    kind text NOT NULL,
    fen bigint NOT NULL,
    order_id uuid,
    order_number text,
    line_number integer,
    at timestamptz NOT NULL,
    committed_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'committed') THEN fen
    ELSE NULL::bigint
END) STORED,
    accepted_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'accepted') THEN fen
    ELSE NULL::bigint
END) STORED,
    restored_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'restored') THEN fen
    ELSE NULL::bigint
END) STORED,
    spent_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN ((kind = 'spent')
        AND (order_id IS NOT NULL)) THEN fen
    ELSE NULL::bigint
END) STORED,
    counted_fen bigint GENERATED ALWAYS AS (
CASE
    WHEN (order_number IS NOT NULL) THEN fen
    ELSE NULL::bigint
END) STORED,
    CONSTRAINT quota_entries_amount CHECK (fen > 0),
    CONSTRAINT quota_entries_kind CHECK (kind IN ('committed', 'accepted', 'restored', 'spent', 'returned')),
    CONSTRAINT quota_entries_of_one CHECK (((order_id IS NULL) <> (order_number IS NULL))
        AND ((order_number IS NULL) = (line_number IS NULL)) AND ((order_number IS NULL) OR (kind = 'spent'))),
    CONSTRAINT quota_entries_accepted FOREIGN KEY (order_id, accepted_fen)
        REFERENCES procurements(order_id, accepted_fen),
    CONSTRAINT quota_entries_committed FOREIGN KEY (order_id, committed_fen)
        REFERENCES procurements(order_id, ordered_fen),
    CONSTRAINT quota_entries_order FOREIGN KEY (order_id, organisation_id, year, list)
        REFERENCES procurements(order_id, organisation_id, year, list),
    CONSTRAINT quota_entries_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT quota_entries_purchase
        FOREIGN KEY (order_number, line_number, organisation_id, year, list, counted_fen)
        REFERENCES platform_purchases(order_number, line_number, organisation_id, year, list, counted_fen),
    CONSTRAINT quota_entries_restored FOREIGN KEY (order_id, restored_fen)
        REFERENCES procurements(order_id, refused_fen),
    CONSTRAINT quota_entries_spent FOREIGN KEY (order_id, spent_fen) REFERENCES procurements(order_id, paid_fen)
);
CREATE INDEX quota_entries_by_order ON quota_entries (order_id) WHERE (order_id IS NOT NULL);
CREATE INDEX quota_entries_by_unit ON quota_entries (organisation_id, year);
CREATE UNIQUE INDEX quota_entries_once ON quota_entries (order_id, kind) WHERE ((order_id IS NOT NULL)
    AND (kind <> 'returned'));
CREATE UNIQUE INDEX quota_entries_purchase_once ON quota_entries (order_number, line_number)
    WHERE (order_number IS NOT NULL);
CREATE TRIGGER quota_entries_kept BEFORE DELETE OR UPDATE ON quota_entries FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_entry_change();
ALTER TABLE quota_entries ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (organisation_id, year, list, kind, fen, order_id, order_number, line_number,
    at) ON quota_entries TO market_app;

-- 预留比例: the least share of a year's canteen purchases, by region (00 is the country, else the first 2, 4 or 6 digits).
CREATE TABLE quota_rules (
    region text NOT NULL,
    ratio_bp integer NOT NULL,
    valid_during daterange NOT NULL,
    source text NOT NULL,
    CONSTRAINT quota_rules_period CHECK (NOT isempty(valid_during)),
    CONSTRAINT quota_rules_ratio CHECK (ratio_bp BETWEEN 0 AND 10000),
    CONSTRAINT quota_rules_region CHECK (region ~ '^([0-9]{2}){1,3}$'),
    CONSTRAINT quota_rules_source CHECK (length(source) BETWEEN 4 AND 200),
    PRIMARY KEY (region, valid_during WITHOUT OVERLAPS),
    CONSTRAINT quota_rules_with_ratio UNIQUE (region, ratio_bp, valid_during WITHOUT OVERLAPS)
);
INSERT INTO quota_rules (region, ratio_bp, valid_during, source) VALUES
    ('00', 0, '[2019-05-27,2021-01-01)', '财库〔2019〕27号：预留比例由单位自定'),
    ('00', 1000, '[2021-01-01,)', '财库〔2021〕19号、20号：不低于食堂食材采购的10%');
GRANT SELECT ON quota_rules TO market_app;

-- The quota of a unit and a year: at least the share that the rule of the year's last day asks for.
CREATE TABLE unit_quotas (
    organisation_id uuid NOT NULL,
    year smallint NOT NULL,
    canteen_fen bigint NOT NULL,
    quota_fen bigint NOT NULL,
    region text NOT NULL,
    ratio_bp integer NOT NULL,
    rule_day daterange GENERATED ALWAYS AS (daterange(make_date((year)::integer, 12, 31), make_date((year)::integer,
        12, 31), '[]')) STORED NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL,
    CONSTRAINT unit_quotas_canteen CHECK (canteen_fen BETWEEN 0 AND '1000000000000'::bigint),
    CONSTRAINT unit_quotas_least CHECK ((quota_fen <= canteen_fen)
        AND (((quota_fen)::numeric * (10000)::numeric) >= ((ratio_bp)::numeric * (canteen_fen)::numeric))),
    CONSTRAINT unit_quotas_year CHECK (year BETWEEN 2019 AND 2100),
    PRIMARY KEY (organisation_id, year),
    CONSTRAINT unit_quotas_organisation FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT unit_quotas_rule FOREIGN KEY (region, ratio_bp, PERIOD rule_day)
        REFERENCES quota_rules(region, ratio_bp, PERIOD valid_during),
    CONSTRAINT unit_quotas_setter FOREIGN KEY (set_by) REFERENCES accounts(id)
);
CREATE INDEX unit_quotas_by_setter ON unit_quotas (set_by);
ALTER TABLE unit_quotas ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (organisation_id, year, canteen_fen, quota_fen, region, ratio_bp, set_by, set_at),
    UPDATE (canteen_fen, quota_fen, region, ratio_bp, set_by, set_at) ON unit_quotas TO market_app;
